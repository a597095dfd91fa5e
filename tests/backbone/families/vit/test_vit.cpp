#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <string>
#include <vector>

#include "backbone/families/vit/feature_pyramid.h"
#include "backbone/families/vit/position_embedding.h"
#include "backbone/families/vit/rotary_positions.h"
#include "backbone/families/vit/vit.h"
#include "backbone/layers/rotary.h"
#include "backbone/registry.h"
#include "base/error.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

VitConfig small_vit() {
  VitConfig config;
  config.image_size = 32;
  config.patch_size = 8;
  config.embed_dim = 16;
  config.depth = 3;
  config.num_heads = 2;
  config.register_tokens = 2;
  return config;
}

Vit random_vit(const VitConfig& config) {
  torch::manual_seed(test::test_seed());
  Vit vit(config);
  const torch::NoGradGuard no_grad;
  for (auto& parameter : vit.parameters()) parameter.copy_(0.3 * torch::randn_like(parameter));
  vit.eval();
  return vit;
}

TEST(VitFamily, EveryPoolingGivesAVectorOfItsSize) {
  for (const std::string pooling :
       {"class_token", "mean", "attention", "class_token_and_mean", "class_and_register_token"}) {
    SCOPED_TRACE(pooling);
    VitConfig config = small_vit();
    config.pooling = pooling;
    auto vit = random_vit(config);
    const auto embedding = vit.embed(torch::randn({2, 3, 40, 24}));
    EXPECT_EQ(embedding.sizes(), (std::vector<int64_t>{2, config.embedding_dim()}));
    EXPECT_GT((embedding[0] - embedding[1]).abs().max().item<float>(), 1e-4F);
  }
}

TEST(VitFamily, EveryParameterOfAnEmbeddingHasAGradient) {
  for (const std::string positions : {"learned", "rotary"}) {
    VitConfig config = small_vit();
    config.positions = positions;
    config.pooling = "attention";
    config.pool_norm = config.pre_norm = config.gated_mlp = true;
    config.activation = "silu";
    config.layer_scale_init = 0.4;
    config.projection_dim = 6;
    config.attention = {{"type", "full"}, {"qk_norm", true}};
    auto vit = random_vit(config);
    (vit.embed(torch::randn({2, 3, 45, 33})) * torch::randn({2, 6})).sum().backward();
    for (const auto& parameter : vit.named_parameters()) {
      ASSERT_TRUE(parameter->grad().defined()) << parameter.key();
      EXPECT_GT(parameter->grad().abs().max().item<float>(), 0.F) << parameter.key();
    }
  }
}

TEST(VitFamily, PartialPatchesArePaddedOrDropped) {
  VitConfig config = small_vit();
  const auto images = torch::randn({1, 3, 8 * test::random_int(2, 5) + 3, 8 * test::random_int(2, 5) + 5});
  const auto whole = images.slice(2, 0, images.size(2) / 8 * 8).slice(3, 0, images.size(3) / 8 * 8);
  auto padding = random_vit(config);
  config.partial_patches = "drop";
  auto dropping = random_vit(config);
  EXPECT_TRUE(torch::allclose(dropping.embed(images), dropping.embed(whole), 1e-5, 1e-6));
  EXPECT_TRUE(
      torch::allclose(padding.embed(images), padding.embed(torch::constant_pad_nd(images, {0, 3, 0, 5})), 1e-5, 1e-6));
  EXPECT_FALSE(torch::allclose(padding.embed(images), dropping.embed(images), 1e-3, 1e-3));
  EXPECT_TRUE(dropping.embed(torch::randn({1, 3, 2, 3})).isfinite().all().item<bool>()) << "smaller than a patch";
}

TEST(VitFamily, MapsOfChosenBlocksAndPyramidsOfAnyPatch) {
  VitConfig config = small_vit();
  config.map_blocks = {0, 2};
  auto vit = random_vit(config);
  const auto images = torch::randn({1, 3, 32, 40});
  const auto maps = vit.forward_intermediates(images);
  ASSERT_EQ(maps.size(), 2u);
  config.map_blocks = {};
  auto last = random_vit(config);
  EXPECT_TRUE(maps[1].equal(last.forward_features(images)));
  EXPECT_FALSE(maps[0].equal(maps[1]));

  const auto strides = [](int64_t patch) {
    std::vector<int64_t> out;
    for (const auto& info : feature_pyramid_info(16, patch)) out.push_back(info.stride);
    return out;
  };
  EXPECT_EQ(strides(16), (std::vector<int64_t>{4, 8, 16, 32}));
  EXPECT_EQ(strides(8), (std::vector<int64_t>{4, 8, 16, 32}));
  EXPECT_EQ(strides(32), (std::vector<int64_t>{4, 8, 16, 32}));
  EXPECT_EQ(strides(14), (std::vector<int64_t>{7, 14, 28, 56}));
  EXPECT_EQ(strides(1), (std::vector<int64_t>{1, 2, 4, 8}));
}

TEST(VitFamily, PositionsStayOnTheirGridAndAreResizedToOthers) {
  PositionEmbedding plain(5, 3, PositionResize::kBicubic), smooth(5, 3, PositionResize::kBicubicAntialiased);
  const torch::NoGradGuard no_grad;
  smooth->parameters()[0].copy_(plain->parameters()[0]);
  EXPECT_TRUE(plain(5, 5)[0].equal(plain->parameters()[0]));
  EXPECT_EQ(plain(2, 9).sizes(), (std::vector<int64_t>{1, 2, 9, 3}));
  EXPECT_TRUE(torch::allclose(plain(9, 11), smooth(9, 11), 0.2, 0.02)) << "only shrinking is antialiased";
  EXPECT_FALSE(torch::allclose(plain(2, 2), smooth(2, 2), 1e-3, 1e-4));
}

TEST(VitFamily, RotaryScoresDependOnDifferencesOfPlaces) {
  const int64_t height = test::random_int(3, 6), width = test::random_int(3, 6);
  const auto table = rotary_table(height, width, 8, 100.0);
  ASSERT_EQ(table.sizes(), (std::vector<int64_t>{2, height * width, 8}));
  const auto q = torch::randn({1, 1, 1, 8}), k = torch::randn({1, 1, 1, 8});
  const auto all_q = apply_rotary(q.expand({1, 1, 2 + height * width, 8}), table);
  const auto all_k = apply_rotary(k.expand({1, 1, 2 + height * width, 8}), table);
  EXPECT_TRUE(all_q[0][0][1].equal(q[0][0][0])) << "prefix tokens stay";
  const auto score = [&](int64_t y1, int64_t x1, int64_t y2, int64_t x2) {
    return torch::dot(all_q[0][0][2 + y1 * width + x1], all_k[0][0][2 + y2 * width + x2]).item<float>();
  };
  EXPECT_NEAR(score(0, 0, 1, 1), score(1, 1, 2, 2), 1e-4);
  EXPECT_NEAR(score(0, 1, 2, 0), score(0, 2, 2, 1), 1e-4);
}

TEST(VitFamily, OnlyAttentionThatTakesSequencesHasPrefixTokens) {
  Json config = {{"family", "vit"}, {"attention", {{"type", "window"}}}};
  try {
    resolve_backbone_config(config, "model.backbone");
    FAIL() << "a window has no place for a class token";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("model.backbone.attention.type: 'window'"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("full"), std::string::npos);
  }
  config.update({{"class_token", false}, {"pooling", "mean"}, {"embed_dim", 12}, {"depth", 2}, {"image_size", 64}});
  const torch::NoGradGuard no_grad;
  for (const std::string type : {"window", "multipole2d", "neighborhood", "full"}) {
    config["attention"] = {{"type", type}};
    const auto vit = make_backbone(resolve_backbone_config(config, "backbone"), "backbone");
    EXPECT_TRUE(vit->embed(torch::randn({1, 3, 50, 70})).isfinite().all().item<bool>()) << type;
  }
}

TEST(VitFamily, RefusesWhatDoesNotFit) {
  const auto message = [](const Json& changes) -> std::string {
    Json config = {{"family", "vit"}};
    config.update(changes);
    try {
      make_backbone(config, "b");
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message({{"pooling", "clas_token"}}).find("b.pooling: must be one of"), std::string::npos);
  EXPECT_NE(message({{"class_token", false}}).find("b.pooling: needs the class_token"), std::string::npos);
  EXPECT_NE(message({{"num_heads", 5}}).find("b.num_heads: must divide"), std::string::npos);
  EXPECT_NE(message({{"map_blocks", {12}}}).find("b.map_blocks: must be blocks from 0"), std::string::npos);
  EXPECT_NE(message({{"activation", "gello"}}).find("b.activation"), std::string::npos);
  EXPECT_NE(message({{"depth", 60000}, {"embed_dim", 1920}}).find("GiB"), std::string::npos);
}

}  // namespace
}  // namespace multipole
