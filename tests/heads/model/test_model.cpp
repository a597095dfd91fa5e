#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <set>
#include <string>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/families/pyramid/pyramid_config.h"
#include "base/error.h"
#include "heads/model/model.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

using test::random_int;
using test::small_model_config;

TEST(VisionModel, EveryAttentionAndPoolingGivesLogitsForAnySize) {
  for (const auto& attention : attention_types()) {
    for (const std::string pooling : {"average", "attention"}) {
      SCOPED_TRACE(attention + " with " + pooling + " pooling");
      auto config = small_model_config(attention, 5);
      config.head = {{"type", "classification"}, {"pooling", pooling}};
      VisionModel model(config);
      const auto images = torch::randn({2, 3, random_int(1, 40), random_int(1, 40)});
      const auto logits = model->forward(images);
      EXPECT_EQ(logits.sizes(), (std::vector<int64_t>{2, 5}));
      EXPECT_TRUE(logits.isfinite().all().item<bool>());
    }
  }
}

TEST(VisionModel, NamesCoverTheWholeModel) {
  for (const auto& attention : attention_types()) {
    SCOPED_TRACE(attention);
    auto config = small_model_config(attention, 3);
    config.head = {{"type", "classification"}, {"pooling", "attention"}};
    const VisionModel model(config);
    const auto parameters = model->named_parameters();
    for (const auto& name : model->no_weight_decay()) EXPECT_TRUE(parameters.contains(name)) << name;
    std::set<std::string> grouped;
    for (const auto& group : model->layer_groups()) {
      for (const auto& name : group) EXPECT_TRUE(grouped.insert(name).second) << name << " twice";
    }
    EXPECT_EQ(grouped.size(), parameters.size());
    for (const auto& item : parameters) EXPECT_TRUE(grouped.contains(item.key())) << item.key();
  }
}

TEST(VisionModel, NumParametersCountsEveryEntry) {
  const VisionModel model(small_model_config("full", 7));
  int64_t count = 0;
  for (const auto& item : model->named_parameters()) count += item.value().numel();
  EXPECT_EQ(model->num_parameters(), count);
}

TEST(ModelConfig, ParametersAreCountedAsTheyAreMade) {
  for (const auto& attention : attention_types()) {
    auto config = small_model_config(attention, 7);
    config.backbone["depths"] = {1, 2, 3, 1};
    config.backbone["layer_scale_init"] = attention == "full" ? 0.1 : 0.0;
    config.backbone["position_conv"] = attention != "window";
    config.backbone["stage_attention"] = {Json::object(), {{"type", "mano"}}, Json::object(), {{"type", "full"}}};
    const VisionModel model(config);
    EXPECT_EQ(count_parameters(model->config()), model->num_parameters()) << attention;
  }
  for (const char* preset : {"multipole_nano", "multipole_micro"}) {
    const VisionModel model(ModelConfig{.preset = preset, .num_classes = 10});
    EXPECT_EQ(count_parameters(model->config()), model->num_parameters()) << preset;
  }
}

TEST(ModelConfig, AStageThatChangesValuesGoesOnFollowingTheOthers) {
  auto config = small_model_config("multipole2d", 4);
  config.backbone["stage_attention"] = {{{"cell", 2}}, Json::object(), {{"type", "window"}}, Json::object()};
  auto resolved = resolve_model_config(config);
  const Json& stages = resolved.backbone["stage_attention"];
  EXPECT_EQ(stages[0], Json({{"cell", 2}}));
  EXPECT_EQ(stages[1], Json::object());
  EXPECT_EQ(stages[2]["window"], 7);
  // of what was resolved, a value for all stages still reaches those that do not have their own
  resolved.backbone["attention"]["rank"] = 1;
  const auto backbone = config_from_json<PyramidConfig>(resolve_model_config(resolved).backbone, "");
  EXPECT_EQ(backbone.attention_of(0)["rank"], 1);
  EXPECT_EQ(backbone.attention_of(0)["cell"], 2);
}

TEST(ModelConfig, ResolvedConfigRebuildsTheSameModel) {
  const auto config = small_model_config("multipole2d", 4);
  const auto resolved = resolve_model_config(config);
  EXPECT_EQ(to_json_config(resolve_model_config(resolved)), to_json_config(resolved));
  torch::manual_seed(1);
  const VisionModel first(config);
  torch::manual_seed(1);
  const VisionModel second(resolved);
  const auto a = first->named_parameters(), b = second->named_parameters();
  ASSERT_EQ(a.size(), b.size());
  for (const auto& item : a) EXPECT_TRUE(torch::equal(item.value(), b[item.key()])) << item.key();
}

TEST(ModelConfig, MistakesAreConfigErrors) {
  auto config = small_model_config("full", 3);
  config.preset = "multipole_nan";
  EXPECT_THROW(VisionModel{config}, ConfigError);
  config = small_model_config("full", 0);
  EXPECT_THROW(VisionModel{config}, ConfigError);
  config = small_model_config("full", 3);
  config.backbone["depth"] = 3;
  EXPECT_THROW(VisionModel{config}, ConfigError);
}

}  // namespace
}  // namespace multipole
