// Pixels are counted for the token that sees them, and a sample is a fair draw that no order of work changes.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "tasks/segmentation/probe/token_sample.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

TEST(ClassPixels, AreThoseOfALoop) {
  const int64_t height = random_int(1, 40), width = random_int(1, 40), stride = random_int(1, 17);
  const int64_t classes = random_int(1, 5);
  const auto mask = torch::randint(0, classes + 1, {height, width}, torch::kByte);
  mask.masked_fill_(mask == classes, 255);
  const auto pixels = class_pixels(mask, stride, classes);
  const int64_t rows = (height + stride - 1) / stride, columns = (width + stride - 1) / stride;
  auto expected = torch::zeros({rows * columns, classes});
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const auto label = mask[y][x].item<int64_t>();
      if (label != 255) expected[y / stride * columns + x / stride][label] += 1;
    }
  }
  EXPECT_TRUE(pixels.equal(expected)) << height << " x " << width << ", stride " << stride;
}

// Maps whose first channel is the token's number over all pictures, and labels for most of them.
struct Stream {
  std::vector<torch::Tensor> maps, pixels;
  int64_t labelled = 0;
};

Stream random_stream() {
  Stream stream;
  int64_t next = 0;
  for (int64_t i = random_int(3, 7); i > 0; --i) {
    const int64_t height = random_int(1, 6), width = random_int(1, 6), tokens = height * width;
    const auto numbers = torch::arange(next, next + tokens).to(torch::kFloat).view({1, height, width});
    next += tokens;
    stream.maps.push_back(torch::cat({numbers, torch::randn({2, height, width})}));
    stream.pixels.push_back(torch::randint(0, 3, {tokens, 3}, torch::kFloat));
    stream.labelled += (stream.pixels.back().sum(1) > 0).sum().item<int64_t>();
  }
  return stream;
}

Tokens draw(const Stream& stream, int64_t most, uint64_t seed) {
  TokenSample sample(most, seed);
  for (size_t i = 0; i < stream.maps.size(); ++i) {
    sample.add(static_cast<int64_t>(i), stream.maps[i], stream.pixels[i]);
  }
  EXPECT_EQ(sample.num_labelled(), stream.labelled);
  return sample.take();
}

TEST(TokenSample, GivesEveryLabelledTokenWhereThereAreFew) {
  const auto stream = random_stream();
  const auto tokens = draw(stream, stream.labelled, 1);
  ASSERT_EQ(tokens.features.size(0), stream.labelled);
  const auto pixels = torch::cat(stream.pixels).to(torch::kDouble);
  const auto places = (pixels.sum(1) > 0).nonzero().flatten();
  EXPECT_TRUE(tokens.features.select(1, 0).to(torch::kLong).equal(places)) << "in order, and no other";
  const auto expected = pixels.index_select(0, places);
  EXPECT_TRUE(torch::allclose(tokens.targets * expected.sum(1, true), expected, 0, 1e-12));
  EXPECT_TRUE(torch::allclose(tokens.targets.sum(1), torch::ones({stream.labelled}, torch::kDouble), 0, 1e-12));
  EXPECT_TRUE(tokens.features.equal(draw(stream, stream.labelled + 99, 2).features)) << "no seed matters then";
}

TEST(TokenSample, IsBoundedNestedAndByTheSeed) {
  const auto stream = random_stream();
  const int64_t most = std::max<int64_t>(1, stream.labelled / 3);
  const auto tokens = draw(stream, most, 5);
  ASSERT_EQ(tokens.features.size(0), most);
  const auto numbers = tokens.features.select(1, 0);
  EXPECT_TRUE((numbers.diff() > 0).all().item<bool>()) << "in order, each once";
  EXPECT_TRUE(tokens.features.equal(draw(stream, most, 5).features));
  // whatever was thrown away on the way: more tokens hold fewer ones
  const auto more = draw(stream, most + (stream.labelled - most) / 2, 5).features.select(1, 0);
  EXPECT_TRUE(torch::isin(numbers, more).all().item<bool>());
  for (int64_t i = 0; i < most; ++i) {
    const auto picture = tokens.pictures[i].item<int64_t>();
    const auto& map = stream.maps[static_cast<size_t>(picture)][0];
    EXPECT_TRUE((map == numbers[i]).any().item<bool>());
  }
}

TEST(TokenSample, EveryTokenIsDrawnAlikeOften) {
  constexpr int64_t kTokens = 20, kMost = 5, kDraws = 800;
  auto times = torch::zeros({kTokens});
  const auto number = torch::arange(kTokens).to(torch::kFloat);
  for (uint64_t seed = 0; seed < kDraws; ++seed) {
    TokenSample sample(kMost, seed);
    for (int64_t i = 0; i < kTokens; i += 4) {
      sample.add(i, number.narrow(0, i, 4).view({1, 2, 2}), torch::ones({4, 1}));
    }
    times.index_add_(0, sample.take().features.flatten().to(torch::kLong), torch::ones({kMost}));
  }
  // five deviations of a binomial distribution of 800 draws at 1/4
  EXPECT_LT((times - 200).abs().max().item<double>(), 5 * 12.3);
}

TEST(TokenSample, WithoutLabelsThereIsNothing) {
  TokenSample sample(5, 1);
  sample.add(0, torch::randn({3, 2, 2}), torch::zeros({4, 2}));
  EXPECT_FALSE(sample.take().features.defined());
  EXPECT_EQ(sample.num_labelled(), 0);
}

}  // namespace
}  // namespace multipole
