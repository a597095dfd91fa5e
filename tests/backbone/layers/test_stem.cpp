#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "backbone/layers/stem.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

TEST(StemTest, MakesTokensOfAnyPictureAtEveryStride) {
  torch::manual_seed(test::test_seed());
  for (const int64_t stride : {1, 2, 4}) {
    Stem stem(StemShape{.in_channels = 3, .embed_dim = 10, .stride = stride});
    for (const auto& [height, width] : std::vector<std::pair<int64_t, int64_t>>{
             {1, 1}, {1, 37}, {33, 1}, {35, 47}, {test::random_int(1, 60), test::random_int(1, 60)}}) {
      SCOPED_TRACE(testing::Message() << height << " x " << width << " stride " << stride);
      const auto images = torch::randn({2, 3, height, width});
      const auto tokens = stem(images);
      EXPECT_EQ(tokens.sizes(),
                (std::vector<int64_t>{2, (height + stride - 1) / stride, (width + stride - 1) / stride, 10}));
      EXPECT_TRUE(tokens.is_contiguous());
      EXPECT_TRUE(tokens.isfinite().all().item<bool>());
      const auto channels_last = stem(images.contiguous(torch::MemoryFormat::ChannelsLast));
      EXPECT_TRUE(torch::allclose(channels_last, tokens, 1e-4, 1e-5)) << "the memory order of the images is free";
    }
  }
}

TEST(StemTest, TakesGrayPicturesAndPassesGradientsToEveryParameter) {
  Stem stem(StemShape{.in_channels = 1, .embed_dim = 7, .stride = 2});
  (stem(torch::randn({2, 1, 9, 12})) * torch::randn({2, 5, 6, 7})).sum().backward();
  for (const auto& parameter : stem->named_parameters()) {
    ASSERT_TRUE(parameter->grad().defined()) << parameter.key();
    EXPECT_GT(parameter->grad().abs().max().item<double>(), 0) << parameter.key();
  }
}

}  // namespace
}  // namespace multipole
