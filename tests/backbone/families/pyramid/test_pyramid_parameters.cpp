// Gradients of all parameters, and the lists by which an optimiser groups them.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <set>
#include <string>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/families/pyramid/pyramid.h"
#include "backbone/families/pyramid/resolve_pyramid.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

PyramidConfig config_with(const Json& attention) {
  PyramidConfig config;
  config.image_size = 24;
  config.stem_stride = 1;
  config.embed_dims = {8, 12, 16, 20};
  config.depths = {1, 2, 1, 1};
  config.num_heads = {2, 3, 4, 5};
  config.mlp_ratio = 2;
  config.layer_scale_init = 0.5;
  config.attention = attention;
  return config;
}

// As SegFormer has it.
PyramidConfig overlapping_config() {
  PyramidConfig config = config_with({{"type", "pvt"}, {"partial_patches", "drop"}});
  config.position_conv = false;
  config.embedding = "overlapping";
  config.mlp_conv = true;
  // its last stage has a key a token: one key alone would leave queries without a gradient
  config.stage_attention = {Json::object(), Json::object(), Json::object(), {{"reduction", 1}}};
  return config;
}

std::vector<PyramidConfig> configs() {
  std::vector<PyramidConfig> configs;
  for (const auto& type : attention_types()) configs.push_back(config_with({{"type", type}}));
  configs.push_back(config_with({{"type", "multipole2d"}, {"variant", "log-linear"}, {"cell", 2}}));
  configs.push_back(config_with({{"type", "window"}, {"padding", "after_shift"}}));
  configs.back().embedding = "patches";
  configs.back().stage_norms = false;
  configs.push_back(overlapping_config());
  configs.push_back(config_with({{"type", "multipole2d"}}));
  configs.back().mlp_kernels = {3, 3, 1, 1};
  return configs;
}

TEST(PyramidParametersTest, TheLastMapAloneGivesEveryParameterAFiniteGradient) {
  torch::manual_seed(test::test_seed());
  for (const auto& config : configs()) {
    Pyramid pyramid(config);
    {
      // wider weights than the initial ones, so that gradients stand clear of rounding
      torch::NoGradGuard no_grad;
      for (auto& parameter : pyramid->parameters()) {
        if (parameter.dim() == 2) parameter.normal_(0, 0.3);
      }
    }
    const auto out = pyramid->forward_features(torch::randn({2, 3, config.image_size, config.image_size}));
    (out * torch::randn_like(out)).sum().backward();
    for (const auto& parameter : pyramid->named_parameters()) {
      SCOPED_TRACE(testing::Message() << config.attention << ", " << parameter.key());
      ASSERT_TRUE(parameter->grad().defined());
      EXPECT_TRUE(parameter->grad().isfinite().all().item<bool>());
      EXPECT_GT(parameter->grad().abs().max().item<double>(), 0);
    }
  }
}

TEST(PyramidParametersTest, WeightDecayActsOnMatricesAndConvolutionsOnly) {
  for (const auto& config : configs()) {
    Pyramid pyramid(config);
    const auto names = pyramid->no_weight_decay();
    const std::set<std::string> excluded(names.begin(), names.end());
    EXPECT_EQ(excluded.size(), names.size()) << "a name stands twice";
    const auto parameters = pyramid->named_parameters();
    for (const auto& name : names) EXPECT_TRUE(parameters.contains(name)) << name;
    for (const auto& parameter : parameters) {
      const auto& name = parameter.key();
      const bool is_weight = name.size() > 7 && name.substr(name.size() - 7) == ".weight";
      const bool decays = is_weight && name.find("norm") == std::string::npos;
      EXPECT_EQ(excluded.count(name) == 0, decays) << config.attention << ", " << name;
    }
  }
}

TEST(PyramidParametersTest, LayerGroupsHoldEveryParameterOnceStemFirst) {
  for (const auto& config : configs()) {
    Pyramid pyramid(config);
    const auto groups = pyramid->layer_groups();
    EXPECT_EQ(groups.size(), 1u + 1 + 2 + 1 + 1) << "the stem and one group a block";
    std::set<std::string> seen;
    size_t count = 0;
    for (const auto& group : groups) {
      EXPECT_FALSE(group.empty());
      seen.insert(group.begin(), group.end());
      count += group.size();
    }
    EXPECT_EQ(seen.size(), count) << "a name stands in two groups";
    const auto parameters = pyramid->named_parameters();
    EXPECT_EQ(count, parameters.size());
    for (const auto& name : seen) EXPECT_TRUE(parameters.contains(name)) << name;
    for (const auto& name : groups[0]) EXPECT_EQ(name.rfind("stem.", 0), 0u) << name;
    EXPECT_EQ(groups[2].front().rfind("stages.1.downsample", 0), 0u) << "downsampling goes with the first block";
    EXPECT_EQ(groups.back().back().rfind("stages.3.norm", 0), 0u) << "the norm goes with the last block";
  }
}

TEST(PyramidParametersTest, AreCountedWithoutMakingThem) {
  for (const auto& config : configs()) {
    double numbers = 0;
    for (const auto& parameter : Pyramid(config)->parameters()) numbers += static_cast<double>(parameter.numel());
    EXPECT_EQ(count_parameters(pyramid_parts(config, "backbone")), numbers) << config.attention;
  }
}

TEST(PyramidParametersTest, WeightsRepeatWithTheSeed) {
  torch::manual_seed(5);
  Pyramid first(config_with({{"type", "multipole2d"}}));
  torch::manual_seed(5);
  Pyramid second(config_with({{"type", "multipole2d"}}));
  const auto expected = first->named_parameters();
  for (const auto& parameter : second->named_parameters()) {
    EXPECT_TRUE(parameter->equal(expected[parameter.key()])) << parameter.key();
  }
}

}  // namespace
}  // namespace multipole
