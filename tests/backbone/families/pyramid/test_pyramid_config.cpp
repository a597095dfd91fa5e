#include <gtest/gtest.h>

#include <string>

#include "backbone/families/pyramid/pyramid.h"
#include "backbone/families/pyramid/pyramid_config.h"

namespace multipole {
namespace {

std::string message_of(const Json& config) {
  try {
    config_from_json<PyramidConfig>(config, "backbone");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(PyramidConfigTest, DefaultsAreValidAndSurviveARoundTrip) {
  const PyramidConfig defaults;
  EXPECT_NO_THROW(defaults.validate("backbone"));
  const Json written = to_json_config(defaults);
  EXPECT_EQ(to_json_config(config_from_json<PyramidConfig>(written, "backbone")), written);
}

TEST(PyramidConfigTest, ErrorsNameTheFieldTheRuleAndTheValue) {
  EXPECT_EQ(message_of({{"embed_dim", 3}}), "backbone.embed_dim: unknown key, did you mean 'embed_dims'?");
  EXPECT_EQ(message_of({{"stem_stride", 3}}), "backbone.stem_stride: must be 1, 2 or 4, got 3");
  EXPECT_EQ(message_of({{"embedding", "overlap"}}),
            "backbone.embedding: must be convolutional, overlapping or patches, got \"overlap\"");
  EXPECT_EQ(message_of({{"embed_dims", {8, 8, 8}}}),
            "backbone.embed_dims: must have 4 entries, one a stage, got [8,8,8]");
  EXPECT_EQ(message_of({{"depths", {1, 0, 1, 1}}}), "backbone.depths[1]: must be from 1 to 65536, got 0");
  EXPECT_EQ(message_of({{"num_heads", {2, 4, 7, 16}}}),
            "backbone.num_heads[2]: must divide that stage's embed_dim = 256, got 7");
  EXPECT_EQ(message_of({{"mlp_ratio", 0}}), "backbone.mlp_ratio: must be above 0 and at most 64, got 0.0");
  EXPECT_EQ(message_of({{"drop_path_rate", 1}}), "backbone.drop_path_rate: must be in [0, 1), got 1.0");
  EXPECT_EQ(message_of({{"layer_scale_init", -1}}), "backbone.layer_scale_init: must not be negative, got -1.0");
  EXPECT_EQ(message_of({{"norm_eps", 0}}), "backbone.norm_eps: must be positive, got 0.0");
  EXPECT_EQ(message_of({{"in_channels", 0}}), "backbone.in_channels: must be from 1 to 65536, got 0");
  EXPECT_EQ(message_of({{"image_size", -5}}), "backbone.image_size: must be from 1 to 65536, got -5");
  EXPECT_EQ(message_of({{"attention", "full"}}), "backbone.attention: must be an object with a \"type\", got \"full\"");
  EXPECT_EQ(message_of({{"stage_attention", {{{"cell", 2}}}}}),
            "backbone.stage_attention: must be empty or have 4 objects, one a stage, got [{\"cell\":2}]");
}

TEST(PyramidConfigTest, AStageOverridesTheAttentionOfAll) {
  const auto config = config_from_json<PyramidConfig>(
      {{"attention", {{"type", "multipole2d"}, {"cell", 4}, {"rank", 4}}},
       {"stage_attention", {{{"cell", 2}}, Json::object(), Json::object(), {{"type", "full"}}}}},
      "backbone");
  EXPECT_EQ(config.attention_of(0), (Json{{"type", "multipole2d"}, {"cell", 2}, {"rank", 4}}));
  EXPECT_EQ(config.attention_of(1), (Json{{"type", "multipole2d"}, {"cell", 4}, {"rank", 4}}));
  EXPECT_EQ(config.attention_of(3), (Json{{"type", "full"}}));
}

TEST(PyramidConfigTest, AttentionErrorsNameTheStage) {
  PyramidConfig config;
  config.stage_attention = {Json::object(), {{"rank", 5}}, Json::object(), Json::object()};
  try {
    Pyramid pyramid(config);
    FAIL() << "rank 5 is no perfect square";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()).rfind("backbone.attention (stage 1).rank: must be", 0), 0u) << error.what();
  }
}

}  // namespace
}  // namespace multipole
