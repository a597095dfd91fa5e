// Pixels without data, in every family of backbones: nothing depends on what they hold, and a picture of which a part
// holds none is that part left out.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "backbone/registry.h"
#include "base/error.h"
#include "tests/backbone/registered_grid.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

Json pyramid_config(const Json& more = Json::object()) {
  Json config = {
      {"image_size", 64},       {"stem_stride", 2},          {"embed_dims", {8, 12, 16, 20}},
      {"depths", {1, 2, 1, 1}}, {"num_heads", {2, 3, 4, 5}}, {"attention", {{"type", "multipole2d"}, {"cell", 2}}}};
  config.update(more);
  return config;
}

// Positions are those of the whole picture, so that none are what a part of it can be compared by.
Json vit_config(const Json& more = Json::object()) {
  Json config = {{"image_size", 64}, {"patch_size", 8},        {"embed_dim", 16},   {"depth", 3},
                 {"num_heads", 2},   {"positions", "none"},    {"pre_norm", true},  {"map_blocks", {0, 1, 1, 2}},
                 {"pyramid", true},  {"pooling", "attention"}, {"pool_norm", true}, {"class_token", false}};
  config.update(more);
  return config;
}

// Every family in the registry and one that only tests know, each with what it embeds, mixes and pools in.
class ValidityTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { test::register_grid_family(); }

  static std::vector<Json> configs() {
    const Json full = {{"type", "full"}}, window = {{"type", "window"}, {"window", 2}};
    const std::map<std::string, std::vector<Json>> by_family = {
        {"pyramid",
         {pyramid_config(), pyramid_config({{"stem_stride", 4}, {"attention", full}, {"stage_norms", false}}),
          pyramid_config({{"stem_stride", 1}}),
          pyramid_config({{"mlp_kernels", {3, 1, 3, 1}}}),
          pyramid_config({{"embedding", "overlapping"}, {"mlp_conv", true}, {"attention", {{"type", "pvt"}}}}),
          pyramid_config({{"embedding", "patches"}, {"attention", window}, {"position_conv", false}})}},
        {"vit",
         {vit_config(),
          vit_config({{"pooling", "mean"},
                      {"register_tokens", 2},
                      {"attention", {{"type", "multipole2d"}, {"cell", 1}, {"rank", 1}}}}),
          vit_config({{"pooling", "class_token_and_mean"}, {"pool_norm", false}, {"class_token", true}}),
          vit_config({{"pyramid", false}, {"patch_size", 16}})}},
        {"grid", {{{"attention", {{"type", "multipole2d"}, {"cell", 2}}}}}}};
    std::vector<Json> all;
    for (const auto& family : backbone_families().names()) {
      for (Json config : by_family.at(family)) {  // a new family belongs into this map
        config["family"] = family;
        all.push_back(resolve_backbone_config(config, "backbone"));
      }
    }
    return all;
  }

  // In float64 with weights that make a difference.
  static std::shared_ptr<Backbone> make(const Json& config) {
    auto backbone = make_backbone(config, "backbone");
    backbone->to(torch::kFloat64);
    backbone->eval();
    const torch::NoGradGuard no_grad;
    for (auto& parameter : backbone->parameters()) parameter.add_(torch::randn_like(parameter) * 0.1);
    return backbone;
  }

  static torch::Tensor random_pictures(int64_t batch, int64_t height, int64_t width) {
    return torch::randn({batch, 3, height, width}, torch::kFloat64);
  }

  // Rectangles of data, some pixels of them without.
  static torch::Tensor random_validity(int64_t batch, int64_t height, int64_t width) {
    auto validity = torch::zeros({batch, height, width}, torch::kBool);
    for (int64_t i = 0; i < batch; ++i) {
      const int64_t top = random_int(0, height - 1), left = random_int(0, width - 1);
      validity[i].slice(0, top, random_int(top + 1, height)).slice(1, left, random_int(left + 1, width)).fill_(true);
    }
    return validity.logical_and(torch::rand(validity.sizes()).gt(0.1));
  }
};

void expect_near(const torch::Tensor& actual, const torch::Tensor& expected, const std::string& what) {
  ASSERT_EQ(actual.sizes(), expected.sizes()) << what;
  EXPECT_LE((actual - expected).abs().max().item<double>(), 1e-8 * (1 + expected.abs().max().item<double>())) << what;
}

TEST_F(ValidityTest, AllValidIsTheResultWithoutToTheBit) {
  const torch::NoGradGuard no_grad;
  for (const auto& config : configs()) {
    SCOPED_TRACE(testing::Message() << config);
    const auto backbone = make(config);
    ASSERT_TRUE(backbone->takes_validity());
    const auto pictures = random_pictures(2, random_int(1, 70), random_int(1, 70));
    const auto expected = backbone->forward_all(pictures);
    const auto all = torch::ones({2, pictures.size(2), pictures.size(3)});
    for (const auto& validity : {all, all.to(torch::kBool)}) {
      EXPECT_TRUE(backbone->map_masses({pictures, validity}).empty());
      const auto given = backbone->forward_all({pictures, validity});
      for (size_t i = 0; i < given.maps.size(); ++i) EXPECT_TRUE(given.maps[i].equal(expected.maps[i])) << i;
      EXPECT_TRUE(given.embedding.equal(expected.embedding));
      EXPECT_TRUE(backbone->embed({pictures, validity}).equal(backbone->embed(pictures)));
    }
  }
}

TEST_F(ValidityTest, WhatPixelsWithoutDataHoldChangesNothing) {
  const torch::NoGradGuard no_grad;
  for (const auto& config : configs()) {
    for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
      SCOPED_TRACE(testing::Message() << config << " " << type);
      const auto backbone = make(config);
      backbone->to(type);
      const int64_t height = random_int(2, 80), width = random_int(2, 80);
      const auto pictures = random_pictures(2, height, width).to(type);
      const auto validity = random_validity(2, height, width);
      const auto expected = backbone->forward_all({pictures, validity});
      const auto masses = backbone->map_masses({pictures, validity});
      for (const double held : {std::numeric_limits<double>::quiet_NaN(), 1e30}) {
        const auto other = pictures.masked_fill(validity.logical_not().unsqueeze(1), held);
        const auto given = backbone->forward_all({other, validity});
        EXPECT_TRUE(given.embedding.equal(expected.embedding)) << held;
        for (size_t i = 0; i < given.maps.size(); ++i) {
          EXPECT_TRUE(given.maps[i].isfinite().all().item<bool>()) << i;
          EXPECT_TRUE(given.maps[i].equal(expected.maps[i])) << held << " " << i;
          if (masses.empty()) continue;
          const auto masked = masses[i].eq(0).unsqueeze(1).expand_as(given.maps[i]);
          EXPECT_TRUE(given.maps[i].masked_select(masked).eq(0).all().item<bool>()) << i;
        }
      }
    }
  }
}

// Any part from the upper left on: its tokens are those of a picture that ends where it does.
TEST_F(ValidityTest, APictureThatEndsIsOneWhoseRestHoldsNoData) {
  const torch::NoGradGuard no_grad;
  for (const auto& config : configs()) {
    const auto backbone = make(config);
    const auto info = backbone->feature_info();
    for (int round = 0; round < 2; ++round) {
      const int64_t height = random_int(33, 64), width = random_int(33, 64);
      SCOPED_TRACE(testing::Message() << config << ", " << height << " x " << width);
      const auto pictures = random_pictures(1, 64, 64);
      auto validity = torch::zeros({1, 64, 64}, torch::kBool);
      validity.slice(1, 0, height).slice(2, 0, width).fill_(true);
      const auto alone = backbone->forward_all(pictures.slice(2, 0, height).slice(3, 0, width).contiguous());
      const auto given = backbone->forward_all({pictures, validity});
      for (size_t i = 0; i < info.size(); ++i) {
        const auto own = given.maps[i].slice(2, 0, alone.maps[i].size(2)).slice(3, 0, alone.maps[i].size(3));
        expect_near(own, alone.maps[i], "map " + std::to_string(i));
      }
      expect_near(given.embedding, alone.embedding, "embedding");
    }
  }
}

// 32 of 64 pixels begin with a token of every stage and with a cell of every level.
TEST_F(ValidityTest, EveryHalfIsAsItIsAlone) {
  const torch::NoGradGuard no_grad;
  for (const auto& config : configs()) {
    const auto backbone = make(config);
    const auto info = backbone->feature_info();
    const auto pictures = random_pictures(1, 64, 64);
    for (const int64_t axis : {2, 3}) {
      for (const int64_t begin : {0, 32}) {
        SCOPED_TRACE(testing::Message() << config << ", axis " << axis << " from " << begin);
        auto validity = torch::zeros({1, 64, 64}, torch::kBool);
        validity.narrow(axis - 1, begin, 32).fill_(true);
        const auto alone = backbone->forward_all(pictures.narrow(axis, begin, 32).contiguous());
        const auto given = backbone->forward_all({pictures, validity});
        for (size_t i = 0; i < info.size(); ++i) {
          const auto own = given.maps[i].narrow(axis, begin / info[i].stride, 32 / info[i].stride);
          expect_near(own, alone.maps[i], "map " + std::to_string(i));
        }
        expect_near(given.embedding, alone.embedding, "embedding");
      }
    }
  }
}

TEST_F(ValidityTest, PicturesOfABatchHaveMasksOfTheirOwn) {
  const torch::NoGradGuard no_grad;
  for (const auto& config : configs()) {
    SCOPED_TRACE(testing::Message() << config);
    const auto backbone = make(config);
    const int64_t height = random_int(9, 60), width = random_int(9, 60);
    const auto pictures = random_pictures(4, height, width);
    auto validity = random_validity(4, height, width);
    validity[1].fill_(true);
    validity[2].fill_(false);
    const auto together = backbone->forward_all({pictures, validity});
    for (int64_t i = 0; i < 4; ++i) {
      const auto alone = backbone->forward_all({pictures.narrow(0, i, 1), validity.narrow(0, i, 1)});
      for (size_t map = 0; map < alone.maps.size(); ++map) {
        expect_near(together.maps[map].narrow(0, i, 1), alone.maps[map], "map " + std::to_string(map));
      }
      expect_near(together.embedding.narrow(0, i, 1), alone.embedding, "embedding");
    }
  }
}

TEST_F(ValidityTest, GradientsAreFiniteAndNotThoseOfPixelsWithoutData) {
  for (const auto& config : configs()) {
    SCOPED_TRACE(testing::Message() << config);
    std::vector<torch::Tensor> gradients[2];
    const auto backbone = make(config);
    backbone->train();
    auto validity = random_validity(2, 45, 37);
    validity[1].fill_(false);
    const auto pixels = random_pictures(2, 45, 37);
    for (const bool checkpointed : {false, true}) {
      backbone->set_gradient_checkpointing(checkpointed);
      backbone->zero_grad();
      auto pictures = pixels.clone().requires_grad_();
      const auto output = backbone->forward_all({pictures, validity});
      auto sum = (output.embedding * torch::linspace(-1, 1, output.embedding.size(1), torch::kFloat64)).sum();
      for (const auto& map : output.maps) sum = sum + map.pow(2).sum();
      sum.backward();
      EXPECT_TRUE(pictures.grad().isfinite().all().item<bool>());
      EXPECT_TRUE(pictures.grad().masked_select(validity.logical_not().unsqueeze(1)).eq(0).all().item<bool>());
      for (const auto& parameter : backbone->parameters()) {
        if (!parameter.grad().defined()) continue;
        EXPECT_TRUE(parameter.grad().isfinite().all().item<bool>());
        gradients[checkpointed].push_back(parameter.grad().clone());
      }
    }
    ASSERT_EQ(gradients[0].size(), gradients[1].size());
    for (size_t i = 0; i < gradients[0].size(); ++i) expect_near(gradients[1][i], gradients[0][i], std::to_string(i));
  }
}

TEST_F(ValidityTest, AnAttentionWithoutMassesRefusesThePictureByName) {
  const torch::NoGradGuard no_grad;
  Json staged = pyramid_config();
  staged["stage_attention"] = {Json::object(), {{"type", "neighborhood"}}, Json::object(), Json::object()};
  Json vit = vit_config({{"attention", {{"type", "linear"}}}});
  vit["family"] = "vit";
  for (const auto& [config, expected] : std::vector<std::pair<Json, std::string>>{
           {staged, "backbone.attention (stage 1).type: 'neighborhood' takes no token masses"},
           {vit, "backbone.attention.type: 'linear' takes no token masses"}}) {
    const auto backbone = make_backbone(resolve_backbone_config(config, "backbone"), "backbone");
    EXPECT_FALSE(backbone->takes_validity());
    const auto pictures = torch::randn({1, 3, 20, 30});
    auto validity = torch::ones({1, 20, 30}, torch::kBool);
    EXPECT_NO_THROW(backbone->forward_all({pictures, validity}));
    validity[0][3][4] = false;
    try {
      backbone->forward_all({pictures, validity});
      ADD_FAILURE() << "expected an error";
    } catch (const ConfigError& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with(expected)) << error.what();
    }
  }
}

TEST_F(ValidityTest, AMaskOfAnotherSizeIsRefused) {
  for (const auto& config : configs()) {
    const auto backbone = make(config);
    EXPECT_THROW(backbone->forward_features({random_pictures(1, 9, 8), torch::zeros({1, 8, 9})}), c10::Error);
    EXPECT_THROW(backbone->forward_features({random_pictures(1, 9, 8), torch::zeros({9, 8})}), c10::Error);
  }
}

}  // namespace
}  // namespace multipole
