#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <map>
#include <string>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/families/pyramid/pyramid.h"
#include "backbone/registry.h"

namespace multipole {
namespace {

int64_t count_parameters(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

PyramidConfig read_preset(const std::string& name) {
  return config_from_json<PyramidConfig>(preset_config(name), name);
}

TEST(PresetsTest, SizesAreAsStated) {
  // millions, without a head
  const std::map<std::string, std::pair<double, double>> sizes = {{"multipole_nano", {1.4, 1.7}},
                                                                  {"multipole_nano_fused", {3.5, 3.9}},
                                                                  {"multipole_micro", {5.5, 6.5}},
                                                                  {"multipole_tiny", {27, 29}},
                                                                  {"multipole_small", {48, 52}},
                                                                  {"multipole_base", {87, 93}}};
  EXPECT_EQ(preset_names().size(), sizes.size());
  torch::NoGradGuard no_grad;
  for (const auto& name : preset_names()) {
    Pyramid pyramid(read_preset(name));
    pyramid->eval();
    const double millions = count_parameters(*pyramid) / 1e6;
    RecordProperty(name + "_parameters", std::to_string(count_parameters(*pyramid)));
    ASSERT_TRUE(sizes.count(name)) << name;
    EXPECT_GE(millions, sizes.at(name).first) << name;
    EXPECT_LE(millions, sizes.at(name).second) << name;
    const auto maps = pyramid->forward_intermediates(torch::randn({1, 3, 64, 64}));
    for (size_t i = 0; i < maps.size(); ++i) {
      EXPECT_TRUE(maps[i].isfinite().all().item<bool>()) << name;
      EXPECT_EQ(maps[i].size(1), pyramid->feature_info()[i].num_channels) << name;
      EXPECT_EQ(maps[i].size(2), 64 / pyramid->feature_info()[i].stride) << name;
    }
  }
}

TEST(PresetsTest, SwappingTheAttentionIsAConfigValue) {
  torch::NoGradGuard no_grad;
  for (const auto& name : {"multipole_nano", "multipole_micro"}) {
    for (const auto& type : attention_types()) {
      Json json = preset_config(name);
      merge_json(json, {{"attention", {{"type", type}}}});
      Pyramid pyramid(config_from_json<PyramidConfig>(json, name));
      EXPECT_TRUE(pyramid->forward_features(torch::randn({1, 3, 35, 47})).isfinite().all().item<bool>()) << type;
    }
  }
}

TEST(PresetsTest, AnUnknownNameSuggestsTheNearest) {
  try {
    preset_config("multipole_nanno");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "unknown preset 'multipole_nanno', did you mean 'multipole_nano'?");
  }
}

TEST(PresetsTest, EveryKeyIsAFieldThatTheConfigWritesBack) {
  for (const auto& name : preset_names()) {
    const Json json = preset_config(name), written = to_json_config(read_preset(name));
    for (const auto& [key, value] : json.items()) EXPECT_EQ(written[key], value) << name << "." << key;
  }
}

}  // namespace
}  // namespace multipole
