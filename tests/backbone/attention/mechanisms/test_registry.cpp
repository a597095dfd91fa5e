#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "backbone/attention/mechanisms/registry.h"
#include "base/error.h"

namespace multipole {
namespace {

std::string message_of(const Json& config, const AttentionShape& shape) {
  try {
    make_attention(config, shape, "here");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(AttentionRegistryTest, MakesEveryTypeFromItsNameAlone) {
  ASSERT_GE(attention_types().size(), 2u);
  for (const auto& type : attention_types()) {
    EXPECT_NE(make_attention({{"type", type}}, {.embed_dim = 8, .num_heads = 2, .grid_size = 5}, "here"), nullptr);
  }
}

TEST(AttentionRegistryTest, AnUnknownTypeOrKeyNamesTheNearest) {
  const AttentionShape shape{.embed_dim = 8, .num_heads = 2};
  EXPECT_EQ(message_of({{"type", "multipole"}}, shape),
            "here.type: unknown attention 'multipole', did you mean 'multipole2d'?");
  EXPECT_EQ(
      message_of({{"type", "sliding window"}}, shape),
      "here.type: unknown attention 'sliding window'; known: multipole2d, full, window, neighborhood, mano, quadtree, "
      "mra, global_filter, linear, pvt, multipole1d, conv_basis, convolution");
  EXPECT_EQ(message_of({{"type", "multipole2d"}, {"rnak", 4}}, shape), "here.rnak: unknown key, did you mean 'rank'?");
  EXPECT_NE(message_of({{"type", "full"}, {"cell", 4}}, shape).find("here.cell: unknown key"), std::string::npos);
}

TEST(AttentionRegistryTest, RefusesWhatIsNoMechanism) {
  const AttentionShape shape{.embed_dim = 8, .num_heads = 2};
  for (const Json& config : {Json("full"), Json::object(), Json({{"type", 3}}), Json(nullptr)}) {
    EXPECT_NE(message_of(config, shape).find("here: expected an object with a \"type\""), std::string::npos) << config;
  }
}

TEST(AttentionRegistryTest, RefusesHeadsThatDoNotDivideTheWidth) {
  for (const auto& type : attention_types()) {
    EXPECT_EQ(message_of({{"type", type}}, {.embed_dim = 8, .num_heads = 3}),
              "here: needs an embed_dim divisible by num_heads = 3, got 8");
    EXPECT_NE(message_of({{"type", type}}, {.embed_dim = 8, .num_heads = 0}), "");
  }
}

TEST(AttentionRegistryTest, RefusesValuesOutOfRange) {
  const AttentionShape shape{.embed_dim = 8, .num_heads = 2};
  const auto message = [&](const char* key, const Json& value) {
    return message_of({{"type", "multipole2d"}, {key, value}}, shape);
  };
  EXPECT_EQ(message("cell", 0), "here.cell: must be from 1 to 64 tokens, got 0");
  EXPECT_EQ(message("rank", 3), "here.rank: must be a perfect square of at most cell * cell = 16, got 3");
  EXPECT_EQ(message("rank", 25), "here.rank: must be a perfect square of at most cell * cell = 16, got 25");
  EXPECT_EQ(message("variant", "quadratic"), "here.variant: must be 'linear' or 'log-linear', got \"quadratic\"");
  EXPECT_EQ(message("proj_drop", 1.0), "here.proj_drop: must be in [0, 1), got 1.0");
  EXPECT_EQ(message("max_levels", -1), "here.max_levels: must be null or from 0 to 16, got -1");
  EXPECT_EQ(message("cell", "four"), "here.cell: expected a whole number, got \"four\"");
  EXPECT_EQ(message_of({{"type", "full"}, {"proj_drop", -0.5}}, shape), "here.proj_drop: must be in [0, 1), got -0.5");
}

}  // namespace
}  // namespace multipole
