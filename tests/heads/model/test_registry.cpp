#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "heads/classification/attention_pooling.h"
#include "heads/model/registry.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

// Variants of each type that the tests go through besides its defaults.
std::vector<Json> head_configs() {
  const std::map<std::string, std::vector<Json>> variants = {
      {"classification",
       {{{"pooling", "attention"}, {"pooling_heads", 2}},
        {{"norm", true}, {"dropout", 0.3}},
        {{"pooling", "embedding"}}}},
      {"embedding", {{{"projection_dim", 7}}}},
      {"linear", {{{"dropout", 0.2}}}},
      {"segformer", {{{"channels", 12}, {"auxiliary", true}}}},
      {"semantic_fpn", {{{"channels", 12}, {"auxiliary", true}}}},
      {"upernet", {{{"channels", 12}, {"auxiliary", true}, {"pool_sizes", {1, 3}}}}}};
  std::vector<Json> configs;
  for (const auto& type : head_types()) {
    configs.push_back({{"type", type}});
    if (!variants.contains(type)) continue;
    for (auto config : variants.at(type)) {
      config["type"] = type;
      configs.push_back(config);
    }
  }
  return configs;
}

std::vector<FeatureInfo> random_feature_info() {
  std::vector<FeatureInfo> info;
  for (int64_t i = 0; i < 4; ++i) info.push_back({4 * random_int(1, 4), int64_t{2} << i});
  return info;
}

std::vector<torch::Tensor> random_features(const std::vector<FeatureInfo>& info, int64_t batch, ImageSize size) {
  std::vector<torch::Tensor> features;
  for (const auto& item : info) {
    const int64_t height = (size.height + item.stride - 1) / item.stride;
    const int64_t width = (size.width + item.stride - 1) / item.stride;
    features.push_back(torch::randn({batch, item.num_channels, height, width}));
  }
  return features;
}

TEST(Heads, EveryHeadTrainsEveryParameterOnOddSizes) {
  for (const auto& config : head_configs()) {
    SCOPED_TRACE(config.dump());
    auto info = random_feature_info();
    const bool reads_embedding = head_reads_embedding(config, "head");
    if (reads_embedding) info = embedding_info(info.back().num_channels);
    const bool has_classes = config["type"] != "embedding";
    const int64_t embedding_dim = config.value("projection_dim", info.back().num_channels);
    const int64_t classes = has_classes ? random_int(2, 11) : embedding_dim, batch = random_int(2, 5);
    const ImageSize size = reads_embedding ? ImageSize{1, 1} : ImageSize{random_int(1, 70), random_int(17, 70)};
    const auto head = make_head(config, info, classes, "head");
    const auto all = head->forward_all(random_features(info, batch, size), size);
    torch::Tensor sum = torch::zeros({});
    for (const auto& logits : all) {
      ASSERT_EQ(logits.size(0), batch);
      ASSERT_EQ(logits.size(1), classes);
      sum = sum + (logits * torch::randn_like(logits)).sum();
    }
    if (head->parameters().empty()) continue;
    sum.backward();
    for (const auto& item : head->named_parameters()) {
      ASSERT_TRUE(item.value().grad().defined()) << item.key();
      EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
      EXPECT_GT(item.value().grad().abs().max().item<float>(), 0.f) << item.key();
    }
    const auto parameters = head->named_parameters();
    for (const auto& name : head->no_weight_decay()) EXPECT_TRUE(parameters.contains(name)) << name;
  }
}

TEST(Heads, ImagesOfABatchDoNotSeeEachOther) {
  for (const auto& config : head_configs()) {
    SCOPED_TRACE(config.dump());
    auto info = random_feature_info();
    const bool reads_embedding = head_reads_embedding(config, "head");
    if (reads_embedding) info = embedding_info(info.back().num_channels);
    const ImageSize size = reads_embedding ? ImageSize{1, 1} : ImageSize{19, 33};
    const auto head = make_head(config, info, 3, "head");
    head->eval();
    const auto features = random_features(info, 3, size);
    std::vector<torch::Tensor> second;
    for (const auto& map : features) second.push_back(map.slice(0, 1, 2));
    const auto together = head->forward(features, size).slice(0, 1, 2);
    EXPECT_TRUE(torch::allclose(together, head->forward(second, size), 1e-4, 1e-5));
  }
}

TEST(Heads, ParametersAreCountedAsTheyAreMade) {
  for (Json config : head_configs()) {
    for (const bool context : {false, true}) {
      if (head_registry().of_type(config, "head").task == "segmentation") config["context"] = context;
      const auto info = random_feature_info();
      const int64_t classes = random_int(2, 11);
      int64_t made = 0;
      for (const auto& parameter : make_head(config, info, classes, "head")->parameters()) made += parameter.numel();
      EXPECT_EQ(count_head_parameters(config, info, classes, "head"), made) << config;
    }
  }
}

TEST(Heads, EachServesOneTask) {
  for (const auto& type : head_types()) {
    int64_t served = 0;
    for (const std::string task : {"classification", "embedding", "segmentation"}) {
      const auto types = head_types(task);
      const bool serves = std::find(types.begin(), types.end(), type) != types.end();
      served += serves;
      if (serves) {
        EXPECT_NO_THROW(require_head_task({{"type", type}}, task, "head"));
      } else {
        EXPECT_THROW(require_head_task({{"type", type}}, task, "head"), ConfigError);
      }
    }
    EXPECT_EQ(served, 1) << type;
  }
}

TEST(Heads, ResolvedConfigsAreCompleteAndStable) {
  for (const auto& config : head_configs()) {
    const auto resolved = resolve_head_config(config, "head");
    for (const auto& [key, value] : config.items()) EXPECT_EQ(resolved[key], value) << key;
    EXPECT_EQ(resolve_head_config(resolved, "head"), resolved);
  }
}

TEST(Heads, WrongConfigsNameTheirPathAndTheNearestName) {
  const auto message = [](const Json& config) -> std::string {
    try {
      make_head(config, {{6, 4}}, 3, "model.head");
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message({{"type", "clasification"}}).find("'classification'"), std::string::npos);
  EXPECT_NE(message({{"type", "classification"}, {"droput", 0.1}}).find("model.head.droput"), std::string::npos);
  EXPECT_NE(message({{"type", "classification"}, {"dropout", 1.0}}).find("model.head.dropout"), std::string::npos);
  EXPECT_NE(message({{"type", "classification"}, {"pooling", "max"}}).find("model.head.pooling"), std::string::npos);
  EXPECT_NE(message(Json::array()).find("model.head"), std::string::npos);
  const Json uneven = {{"type", "classification"}, {"pooling", "attention"}, {"pooling_heads", 4}};
  EXPECT_NE(message(uneven).find("6 channels"), std::string::npos);
}

TEST(AttentionPooling, ConstantMapsPoolToTheirProjection) {
  // every token has the same value, so whatever the weights are, they sum to one of it
  AttentionPooling pooling(8, 2);
  const auto token = torch::randn({1, 8, 1, 1});
  const auto one = pooling(token);
  const auto many = pooling(token.expand({1, 8, random_int(2, 9), random_int(2, 9)}));
  EXPECT_TRUE(torch::allclose(one, many, 1e-4, 1e-6));
}

}  // namespace
}  // namespace multipole
