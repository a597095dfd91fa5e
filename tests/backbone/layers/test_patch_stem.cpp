#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "backbone/layers/patch_stem.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

TEST(PatchStemTest, EachTokenIsItsOwnPatch) {
  torch::manual_seed(test::test_seed());
  const torch::NoGradGuard no_grad;
  for (const int64_t patch : {1, 2, 4}) {
    PatchStem stem(3, 10, patch, 1e-5);
    for (const auto& [height, width] : std::vector<std::pair<int64_t, int64_t>>{
             {1, 1}, {1, 37}, {test::random_int(1, 40), test::random_int(1, 40)}}) {
      SCOPED_TRACE(testing::Message() << height << " x " << width << ", patches of " << patch);
      const auto images = torch::randn({2, 3, height, width});
      const auto tokens = stem(images);
      const int64_t rows = (height + patch - 1) / patch, columns = (width + patch - 1) / patch;
      ASSERT_EQ(tokens.sizes(), (std::vector<int64_t>{2, rows, columns, 10}));
      EXPECT_TRUE(tokens.is_contiguous());
      // the last token alone: what lies outside of the picture is zero
      const auto filled = torch::constant_pad_nd(images, {0, columns * patch - width, 0, rows * patch - height});
      const auto corner = filled.narrow(2, (rows - 1) * patch, patch).narrow(3, (columns - 1) * patch, patch);
      EXPECT_TRUE(
          torch::allclose(tokens.select(1, rows - 1).select(1, columns - 1), stem(corner).view({2, 10}), 1e-4, 1e-5));
      EXPECT_TRUE(torch::allclose(stem(images.contiguous(torch::MemoryFormat::ChannelsLast)), tokens, 1e-4, 1e-5));
    }
  }
}

TEST(PatchStemTest, ParametersAreCountedAsTheyAreMade) {
  int64_t made = 0;
  for (const auto& parameter : PatchStem(3, 11, 4, 1e-6)->parameters()) made += parameter.numel();
  EXPECT_EQ(PatchStemImpl::count_parameters(3, 11, 4), made);
}

}  // namespace
}  // namespace multipole
