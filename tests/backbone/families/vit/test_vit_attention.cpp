// The attention of a vision transformer's blocks, and another one in its place.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <string>

#include "backbone/families/vit/resolve_vit.h"
#include "backbone/families/vit/vit.h"
#include "backbone/families/vit/vit_attention.h"
#include "backbone/registry.h"
#include "base/error.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

VitConfig three_blocks(const Json& attention = {{"type", "full"}}) {
  VitConfig config;
  config.image_size = 32;
  config.patch_size = 4;
  config.embed_dim = 16;
  config.depth = 3;
  config.num_heads = 2;
  config.register_tokens = 1;
  config.attention = attention;
  return resolve_vit_config(config, "b");
}

Json swapped(const VitConfig& config, const Json& choice) {
  return swap_vit_attention(config, choice, "attention").attention;
}

std::string refusal(const VitConfig& config, const Json& choice) {
  try {
    swap_vit_attention(config, choice, "attention");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(VitAttention, ANameTakesWhatIsNearFullAttentionWithoutTraining) {
  const Json attention = swapped(three_blocks(), "multipole2d");
  const Json expected = {
      {"type", "multipole2d"},  {"variant", "log-linear"}, {"cell", 8},      {"rank", 16}, {"hot", 256},
      {"summaries", "cluster"}, {"bias", false},           {"full_up_to", 0}};
  for (const auto& [key, value] : expected.items()) EXPECT_EQ(attention[key], value) << key;
  Json automatic = swapped(three_blocks(), "auto");
  EXPECT_GT(automatic["full_up_to"], 16 * 16);
  automatic["full_up_to"] = 0;
  EXPECT_EQ(automatic, attention);
}

TEST(VitAttention, FieldsThatTheChoiceNamesComeFirst) {
  const Json attention = swapped(three_blocks(), {{"type", "multipole2d"}, {"hot", 7}, {"summaries", "basis"}});
  EXPECT_EQ(attention["hot"], 7);
  EXPECT_EQ(attention["summaries"], "basis");
  EXPECT_EQ(attention["cell"], 8);
  EXPECT_EQ(swapped(three_blocks(), {{"type", "auto"}, {"cell", 3}})["rank"], 9) << "as many as the cell has tokens";
  EXPECT_EQ(swapped(three_blocks(), {{"type", "auto"}, {"cell", 3}, {"rank", 4}})["rank"], 4);
}

TEST(VitAttention, WhatTheWeightsSayStays) {
  const VitConfig config = three_blocks({{"type", "full"}, {"qkv_bias", false}, {"qk_norm", true}, {"proj_drop", 0.1}});
  const Json attention = swapped(config, "multipole2d");
  EXPECT_EQ(attention["qkv_bias"], false);
  EXPECT_EQ(attention["qk_norm"], true);
  EXPECT_EQ(attention["proj_drop"], 0.1);
  const VitConfig other = swap_vit_attention(config, "auto", "attention");
  EXPECT_EQ(swapped(other, "full"), config.attention) << "and back";
}

TEST(VitAttention, ByBlock) {
  const VitConfig config = three_blocks();
  const Json attention = swapped(config, {{"type", "multipole2d"}, {"blocks", {0, 2}}, {"hot", 3}});
  ASSERT_TRUE(attention.is_array());
  EXPECT_EQ(attention[0]["hot"], 3);
  EXPECT_EQ(attention[1], config.attention);
  EXPECT_EQ(attention[2], attention[0]);
  EXPECT_EQ(swapped(config, {{{"type", "multipole2d"}, {"hot", 3}}, nullptr, {{"type", "multipole2d"}, {"hot", 3}}}),
            attention);
  const VitConfig mixed = swap_vit_attention(config, {"auto", "full", nullptr}, "attention");
  EXPECT_EQ(mixed.attention[0]["type"], "multipole2d");
  EXPECT_EQ(resolve_vit_config(mixed, "b").attention, mixed.attention);
  EXPECT_EQ(swapped(mixed, "full"), config.attention) << "blocks that are alike are one";
}

TEST(VitAttention, AnArrayBuildsAndCountsEachBlock) {
  Json config = to_json_config(three_blocks());
  config["family"] = "vit";
  config["attention"] = {{{"type", "multipole2d"}, {"cell", 2}}, {{"type", "full"}}, {{"type", "multipole2d"}}};
  const Json resolved = resolve_backbone_config(config, "b");
  EXPECT_EQ(resolved["attention"][2]["summaries"], "basis");
  EXPECT_EQ(backbone_attentions(resolved, "b").size(), 3u);
  const auto vit = make_backbone(resolved, "b");
  double counted = 0;
  for (const auto& part : backbone_parts(resolved, "b")) counted += part.parameters;
  int64_t made = 0;
  for (const auto& parameter : vit->parameters()) made += parameter.numel();
  EXPECT_EQ(counted, made);
  EXPECT_EQ(vit->embed(torch::randn({1, 3, 40, 52})).size(1), 16);
  config["attention"].erase(0);
  EXPECT_THROW(make_backbone(config, "b"), ConfigError);
}

TEST(VitAttention, RefusesWhatCannotTakeTheWeightsOver) {
  EXPECT_NE(refusal(three_blocks(), "window").find("attention.type: 'window' takes no class"), std::string::npos)
      << refusal(three_blocks(), "window");
  EXPECT_NE(refusal(three_blocks(), "multipol2d").find("did you mean 'multipole2d'?"), std::string::npos);
  EXPECT_NE(refusal(three_blocks({{"type", "full"}, {"qk_norm", true}}), "window").find("it has no qk_norm"),
            std::string::npos);
  EXPECT_NE(refusal(three_blocks(), {{"type", "multipole2d"}, {"hott", 3}}).find("attention.hott: unknown key"),
            std::string::npos);
  EXPECT_NE(refusal(three_blocks(), {"full", "full"}).find("an entry for each of 3 blocks"), std::string::npos);
  EXPECT_NE(refusal(three_blocks(), {{"type", "full"}, {"blocks", {3}}}).find("blocks from 0 to 2"), std::string::npos);
  EXPECT_NE(refusal(three_blocks(), {{"blocks", {1}}}).find("an object with a \"type\""), std::string::npos);
  EXPECT_NE(refusal(three_blocks(), {"full", 3, "full"}).find("attention[1]: expected the name"), std::string::npos);
}

TEST(VitAttention, OtherFamiliesSayWhatToDo) {
  try {
    swap_backbone_attention(preset_config("multipole_nano"), "full", "--attention");
    FAIL() << "a pyramid's attention is learned with it";
  } catch (const ConfigError& error) {
    const std::string message = error.what();
    for (const char* word : {"--attention", "'pyramid'", "vit", "model.backbone.attention"}) {
      EXPECT_NE(message.find(word), std::string::npos) << message;
    }
  }
}

// Weights of the one in the other: all that both have.
void copy_weights(const Vit& from, Vit& to) {
  const torch::NoGradGuard no_grad;
  const auto source = from.named_parameters();
  for (auto& parameter : to.named_parameters()) parameter->copy_(source[parameter.key()]);
}

TEST(VitAttention, TheSwapIsExactWithoutFarLevelsAndNearWithThem) {
  torch::manual_seed(test::test_seed());
  const torch::NoGradGuard no_grad;
  for (const char* positions : {"learned", "rotary"}) {
    for (const char* choice : {"multipole2d", "auto"}) {
      VitConfig config = three_blocks();
      config.positions = positions;
      Vit full(config), other(swap_vit_attention(config, choice, "attention"));
      for (auto& parameter : full.parameters()) parameter.copy_(0.3 * torch::randn_like(parameter));
      copy_weights(full, other);
      full.eval();
      other.eval();
      const auto native = torch::randn({2, 3, 4 * test::random_int(1, 16), 4 * test::random_int(1, 16)});
      EXPECT_TRUE(torch::allclose(full.embed(native), other.embed(native), 1e-4, 1e-5)) << native.sizes();
      EXPECT_TRUE(torch::allclose(full.forward_features(native), other.forward_features(native), 1e-4, 1e-5));
      const auto larger = torch::randn({1, 3, 4 * 21, 4 * 27});
      EXPECT_EQ(torch::allclose(full.forward_features(larger), other.forward_features(larger), 1e-4, 1e-5),
                std::string(choice) == "auto");
    }
  }
}

}  // namespace
}  // namespace multipole
