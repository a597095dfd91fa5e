#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "backbone/attention/attention.h"
#include "engine/report/explanation.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

TEST(Explanation, IsAMapForEveryAttentionAndSize) {
  for (const auto& attention : attention_types()) {
    SCOPED_TRACE(attention);
    VisionModel model(test::small_model_config(attention, 3));
    model->eval();
    const int64_t height = test::random_int(16, 40), width = test::random_int(16, 40);
    const c10::InferenceMode inference;
    torch::Tensor images;
    {
      const c10::InferenceMode normal(false);
      images = torch::randn({2, 3, height, width});
    }
    const auto maps = explanation_maps(model, images, torch::tensor({0, 2}, torch::kLong));
    EXPECT_EQ(maps.sizes(), (std::vector<int64_t>{2, height, width}));
    EXPECT_GE(maps.min().item<float>(), 0);
    EXPECT_LE(maps.max().item<float>(), 1 + 1e-5);
    EXPECT_GT(maps.max().item<float>(), 0);
    const auto picture = explanation_picture(images[0], maps[0], Preprocessing{});
    EXPECT_EQ(picture.size(2), 3);
    EXPECT_GE(picture.size(0), 256);
  }
}

// Pictures that differ in one corner only: what speaks for the change is there.
TEST(Explanation, PointsAtWhatMatters) {
  torch::manual_seed(1);
  VisionModel model(test::small_model_config("full", 2));
  // features that grow with brightness near their own place: a stem and blocks with their fresh weights do that
  model->eval();
  auto image = torch::zeros({1, 3, 32, 32});
  image.slice(2, 0, 10).slice(3, 0, 10).normal_(0, 3);
  const auto map = explanation_maps(model, image, torch::tensor({0}, torch::kLong))[0];
  const double inside = map.slice(0, 0, 12).slice(1, 0, 12).mean().item<double>();
  const double outside = map.slice(0, 20, 32).slice(1, 20, 32).mean().item<double>();
  EXPECT_GT(inside, outside);
}

}  // namespace
}  // namespace multipole
