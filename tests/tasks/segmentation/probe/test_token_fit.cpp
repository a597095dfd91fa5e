// From maps and masks to a linear head: separable ones are told apart, ignored pixels and threads change nothing.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "tasks/probe/probe_fit.h"
#include "tasks/segmentation/probe/held_out_pictures.h"
#include "tasks/segmentation/probe/token_sample.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

constexpr int64_t kStride = 4, kDim = 6;

struct Picture {
  torch::Tensor map, mask;
};

// A token's features stand around its class's corner; the mask has one class a token and ends within the last ones.
std::vector<Picture> separable_pictures(int64_t classes) {
  const auto corners = 4 * torch::eye(kDim).narrow(0, 0, classes);
  std::vector<Picture> pictures;
  for (int64_t i = 0; i < 8; ++i) {
    const int64_t rows = random_int(3, 6), columns = random_int(3, 6);
    const auto labels = torch::randint(0, classes, {rows, columns}, torch::kLong);
    const auto map = corners.index_select(0, labels.flatten()) + 0.3 * torch::randn({rows * columns, kDim});
    const auto mask = labels.to(torch::kByte).repeat_interleave(kStride, 0).repeat_interleave(kStride, 1);
    pictures.push_back({map.t().view({kDim, rows, columns}),
                        mask.narrow(0, 0, rows * kStride - random_int(0, 3)).narrow(1, 0, columns * kStride - 1)});
  }
  return pictures;
}

LinearWeights fit(const std::vector<Picture>& pictures, int64_t classes, uint64_t seed = 1) {
  TokenSample sample(1000, seed);
  for (size_t i = 0; i < pictures.size(); ++i) {
    sample.add(static_cast<int64_t>(i), pictures[i].map, class_pixels(pictures[i].mask, kStride, classes));
  }
  const Tokens tokens = sample.take();
  const auto scale = Standardization::of(tokens.features);
  const LogisticProblem problem = {scale.apply(tokens.features), tokens.targets};
  const auto fitted = fit_probe(problem, {hold_out_pictures(tokens, 0.25, seed)}, "pictures held out", {});
  return scale.fold(fitted->fit.weights);
}

TEST(TokenFit, TellsSeparableMapsApart) {
  const int64_t classes = random_int(2, 5);
  const auto weights = fit(separable_pictures(classes), classes);
  for (const auto& picture : separable_pictures(classes)) {
    const auto answers = weights.logits(picture.map.flatten(1).t().to(torch::kDouble)).argmax(1);
    const auto labels = class_pixels(picture.mask, kStride, classes).argmax(1);
    EXPECT_TRUE(answers.equal(labels));
  }
}

TEST(TokenFit, IgnoredPixelsCountNothing) {
  auto pictures = separable_pictures(3);
  for (auto& picture : pictures) picture.mask = picture.mask.clone();
  const auto all = fit(pictures, 3);
  // part of every token's pixels, which leaves its share as it was
  for (auto& picture : pictures) picture.mask.slice(0, 1, picture.mask.size(0), kStride).fill_(255);
  EXPECT_TRUE(torch::allclose(all.weight, fit(pictures, 3).weight, 1e-9, 1e-9));
  // a whole token: whatever its features are
  pictures[2].mask.narrow(0, 0, kStride).narrow(1, 0, kStride).fill_(255);
  const auto without = fit(pictures, 3);
  pictures[2].map.select(2, 0).select(1, 0).fill_(1e6);
  EXPECT_TRUE(without.weight.equal(fit(pictures, 3).weight));
  EXPECT_FALSE(all.weight.equal(without.weight));
}

TEST(TokenFit, ThreadsDoNotMatter) {
  const auto pictures = separable_pictures(3);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = fit(pictures, 3);
  at::set_num_threads(3);
  const auto three = fit(pictures, 3);
  at::set_num_threads(threads);
  EXPECT_TRUE(torch::allclose(one.weight, three.weight, 1e-5, 1e-6));
}

// Another seed holds other pictures out, which may choose another strength; what is clear stays clear.
TEST(TokenFit, SeedsDoNotMatterWhereAllTokensAreFitted) {
  const auto pictures = separable_pictures(3);
  const auto one = fit(pictures, 3, 1), two = fit(pictures, 3, 2);
  const auto answers = [&](const LinearWeights& weights) {
    return weights.logits(pictures[0].map.flatten(1).t().to(torch::kDouble)).argmax(1);
  };
  EXPECT_TRUE(answers(one).equal(answers(two)));
}

}  // namespace
}  // namespace multipole
