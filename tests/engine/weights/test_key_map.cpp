#include <gtest/gtest.h>
#include <torch/types.h>

#include "base/error.h"
#include "engine/weights/key_map.h"

namespace multipole {
namespace {

TEST(KeyMap, RenamesByTheFirstPatternThatFits) {
  const std::map<std::string, torch::Tensor> weights = {{"enc.0.fc.1.w", torch::zeros({1})},
                                                        {"enc.0.norm", torch::ones({2})},
                                                        {"teacher.x", torch::zeros({3})},
                                                        {"head.bias", torch::zeros({4})}};
  const Json map = Json::parse(
      R"({"enc.*.fc.*.w": "backbone.stages.*.fc*.weight", "teacher.*": null, "enc.*": "backbone.*", "e*": "never*"})");
  const auto renamed = rename_weights(weights, map, "map.json");
  ASSERT_EQ(renamed.size(), 3u);
  EXPECT_EQ(renamed.at("backbone.stages.0.fc1.weight").size(0), 1);
  EXPECT_EQ(renamed.at("backbone.0.norm").size(0), 2);
  EXPECT_EQ(renamed.at("head.bias").size(0), 4);
}

TEST(KeyMap, DotsAreDots) {
  const auto renamed = rename_weights({{"aXb", torch::zeros({1})}}, Json::parse(R"({"a.b": "c"})"), "map.json");
  EXPECT_TRUE(renamed.contains("aXb"));
}

TEST(KeyMap, MistakesAreConfigErrors) {
  const std::map<std::string, torch::Tensor> weights = {{"a", torch::zeros({1})}, {"b", torch::zeros({1})}};
  for (const char* text : {"[]", R"({"a": 1})", R"({"a": "x*"})", R"({"a": "b"})"}) {
    EXPECT_THROW(rename_weights(weights, Json::parse(text), "map.json"), ConfigError) << text;
  }
}

}  // namespace
}  // namespace multipole
