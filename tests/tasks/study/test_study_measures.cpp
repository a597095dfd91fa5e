#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <vector>

#include "engine/study/attention_error.h"
#include "engine/study/model_cost.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

VisionModel small_model(const Json& attention) {
  ModelConfig config = test::small_model_config("full", 3);
  config.backbone["attention"] = attention;
  return VisionModel(config);
}

TEST(BackboneCostTest, CountsEveryLayerOnItsOwnGrid) {
  const auto cost = small_model({{"type", "full"}})->backbone()->cost(32, 32);
  // widths 16, 16, 24, 24 on grids of 16, 8, 4, 2 tokens a side; MLPs of twice the width, 3 x 3 depthwise position
  // convs
  const double widths[] = {16, 16, 24, 24}, sides[] = {16, 8, 4, 2};
  double attention = 0, rest = 2 * 256 * (9.0 * 3 * 8 + 9.0 * 8 * 16);  // the stem: stride 2 in its first convolution
  for (int stage = 0; stage < 4; ++stage) {
    const double tokens = sides[stage] * sides[stage], width = widths[stage];
    attention += 2 * tokens * 4 * width * width + 4 * tokens * tokens * width;
    rest += 2 * tokens * (4 * width * width + 9 * width);
    if (stage > 0) rest += 2 * tokens * 9 * widths[stage - 1] * width;
  }
  EXPECT_DOUBLE_EQ(cost.attention.flops, attention);
  EXPECT_DOUBLE_EQ(cost.flops, attention + rest);
}

TEST(ModelCostTest, MeasuresWhatItRuns) {
  auto model = small_model({{"type", "multipole2d"}});
  const StudyCost cost = measure_model(model, 40, {.batch_size = 2, .seconds = 0.01});
  EXPECT_EQ(cost.resolution, 40);
  EXPECT_GT(cost.images_per_second, 0);
  EXPECT_GT(cost.model_flops, cost.attention_flops);
  EXPECT_TRUE(model->is_training());
}

// The same mechanism in all four stages.
std::vector<double> error_of(VisionModel& full, const Json& attention, const torch::Tensor& images) {
  return attention_error(full, std::vector<Json>(4, attention), images);
}

TEST(AttentionErrorTest, IsNothingForFullAttentionItself) {
  torch::manual_seed(test::test_seed());
  auto full = small_model({{"type", "full"}});
  const auto images = torch::randn({2, 3, 32, 32});
  for (const double error : error_of(full, {{"type", "full"}}, images)) EXPECT_LT(error, 1e-6);
  // 16 x 16 tokens in cells of 8 have no far level
  for (const double error : error_of(full, {{"type", "multipole2d"}, {"cell", 8}}, images)) EXPECT_LT(error, 1e-5);
}

TEST(AttentionErrorTest, GrowsWithWhatIsLeftOut) {
  torch::manual_seed(test::test_seed());
  auto full = small_model({{"type", "full"}});
  const auto images = torch::randn({2, 3, 32, 32});
  const auto window = [&](int64_t size) {
    return error_of(full, {{"type", "window"}, {"window", size}}, images).front();
  };
  EXPECT_GT(window(2), 0.01);
  EXPECT_GT(window(2), window(8));
  EXPECT_LT(window(16), 1e-5);
}

TEST(AttentionErrorTest, IsUnknownForMechanismsWithLayersOfTheirOwn) {
  auto full = small_model({{"type", "full"}});
  for (const char* type : {"global_filter", "pvt", "convolution"}) {
    EXPECT_TRUE(error_of(full, {{"type", type}}, torch::randn({1, 3, 32, 32})).empty()) << type;
  }
}

}  // namespace
}  // namespace multipole
