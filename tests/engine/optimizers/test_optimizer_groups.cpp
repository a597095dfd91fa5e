#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include <algorithm>
#include <set>
#include <string>

#include "backbone/attention/mechanisms/registry.h"
#include "engine/optimizers/optimizer_groups.h"
#include "heads/model/model.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

std::set<std::string> names_of(const ParameterGroup& group) { return {group.names.begin(), group.names.end()}; }

TEST(OptimizerGroups, EveryParameterIsInTheGroupOfItsKind) {
  for (const auto& attention : attention_types()) {
    SCOPED_TRACE(attention);
    auto config = test::small_model_config(attention, 3);
    config.head = {{"type", "classification"}, {"pooling", "attention"}};
    const VisionModel model(config);
    const auto groups = make_optimizer_groups(*model, model->no_weight_decay());
    ASSERT_EQ(groups.size(), 4u);
    const auto matrices = names_of(groups[0]), weights = names_of(groups[1]), plain = names_of(groups[2]);
    const auto kernels = names_of(groups[3]);
    EXPECT_EQ(groups[3].kind, ParameterKind::kKernel);
    EXPECT_EQ(matrices.size() + weights.size() + plain.size() + kernels.size(), model->parameters().size());
    for (const auto& item : model->named_parameters()) {
      const auto& name = item.key();
      SCOPED_TRACE(name);
      if (name.ends_with("bias") || name.find("norm") != std::string::npos || name.ends_with("_bias")) {
        EXPECT_TRUE(plain.contains(name));
      }
      if (item.value().dim() < 2) {
        EXPECT_TRUE(plain.contains(name));
      } else if (name.ends_with("weight") && (name.starts_with("head.") || item.value().dim() == 4)) {
        const bool is_kernel = !name.starts_with("head.") && item.value().size(1) > 1;
        EXPECT_TRUE((is_kernel ? kernels : weights).contains(name));
      }
    }
    for (const auto& name : matrices) EXPECT_TRUE(name.starts_with("backbone.")) << name;
    EXPECT_TRUE(kernels.contains("backbone.stem.conv1.weight"));
    EXPECT_GE(matrices.size(), 8u);  // two of each of the four MLPs; more with projections
    for (const auto& name : model->no_weight_decay()) EXPECT_TRUE(plain.contains(name)) << name;
    EXPECT_TRUE(plain.contains("head.pooling.query"));
  }
}

TEST(OptimizerGroups, FrozenParametersAreLeftOut) {
  torch::nn::Linear layer(3, 2);
  layer->bias.set_requires_grad(false);
  const auto groups = make_optimizer_groups(*layer, {});
  EXPECT_EQ(groups[0].names, (std::vector<std::string>{"weight"}));
  EXPECT_TRUE(groups[2].names.empty());
}

TEST(OptimizerGroups, UnknownNamesAreRefused) {
  const torch::nn::Linear layer(3, 2);
  EXPECT_THROW(make_optimizer_groups(*layer, {"wieght"}), c10::Error);
}

}  // namespace
}  // namespace multipole
