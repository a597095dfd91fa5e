// Heads on a backbone as an imported Swin has it.
#include <gtest/gtest.h>
#include <torch/nn/functional.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <string>

#include "heads/model/model.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

ModelConfig swin_config(const Json& head) {
  ModelConfig config = test::small_model_config("window", 3);
  config.backbone["embedding"] = "patches";
  config.backbone["stage_norms"] = false;
  config.backbone["position_conv"] = false;
  config.backbone["depths"] = {2, 2, 2, 2};
  config.backbone["attention"] = {
      {"type", "window"}, {"window", 4}, {"padding", "before_shift"}, {"shift_axes", "both"}};
  config.head = head;
  return config;
}

TEST(PatchModels, SegmentationHeadsLearnOnEveryMap) {
  torch::manual_seed(test::test_seed());
  const auto images = torch::randn({2, 3, 45, 38});
  const auto masks = (images.sum(1) > 0).to(torch::kInt64);
  for (const std::string type : {"segformer", "semantic_fpn", "upernet"}) {
    SCOPED_TRACE(type);
    VisionModel model(swin_config({{"type", type}, {"channels", 16}}));
    model->eval();  // no dropout: the same loss twice
    const auto loss = [&] {
      return torch::nn::functional::cross_entropy(
          torch::upsample_bilinear2d(model->forward(images), {45, 38}, /*align_corners=*/false), masks);
    };
    const auto before = loss();
    before.backward();
    const torch::NoGradGuard no_grad;
    for (auto& item : model->named_parameters()) {
      ASSERT_TRUE(item->grad().defined()) << item.key();
      EXPECT_TRUE(item->grad().isfinite().all().item<bool>()) << item.key();
      item.value() -= 0.01 * item->grad();
    }
    EXPECT_LT(loss().item<double>(), before.item<double>());
  }
}

TEST(PatchModels, ParametersAreCountedAsTheyAreMade) {
  const VisionModel model(swin_config({{"type", "classification"}, {"pooling", "embedding"}}));
  EXPECT_EQ(count_parameters(model->config()), model->num_parameters());
  EXPECT_EQ(model->config().backbone["attention"]["padding"], "before_shift");
}

}  // namespace
}  // namespace multipole
