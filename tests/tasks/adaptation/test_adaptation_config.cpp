#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "tasks/adaptation/adaptation_config.h"
#include "tasks/adaptation/adaptation_training.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/vit_file.h"

namespace multipole {
namespace {

class AdaptationConfigTest : public testing::Test {
 protected:
  AdaptationConfigTest() { test::write_random_vit(model_, {"a", "b"}); }

  AdaptationConfig config(const Json& attention, int64_t size) const {
    AdaptationConfig config;
    config.model = model_.string();
    config.attention = attention;
    config.size = size;
    return config;
  }

  const test::TemporaryFolder folder_;
  const std::filesystem::path model_ = folder_ / "vit.safetensors";
};

std::string message_of(const AdaptationConfig& config) {
  try {
    adaptable_model(resolve_adaptation_config(config));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST_F(AdaptationConfigTest, GivesTheSwapSomethingToLearnForTheLevelsOfThePictures) {
  // patches of 4 pixels, cells of 8 tokens
  const auto one = resolve_adaptation_config(config("multipole2d", 0));
  EXPECT_EQ(one.size, 96);
  EXPECT_EQ(one.attention, (Json{{"type", "multipole2d"}, {"far_gate", true}, {"max_levels", 1}}));
  const auto deep = resolve_adaptation_config(config(Json{{"type", "multipole2d"}, {"cell", 2}}, 96));
  EXPECT_EQ(deep.attention["max_levels"], 3);
  const Json own = {{"type", "multipole2d"}, {"far_gate", false}, {"summaries", "basis"}, {"max_levels", 2}};
  EXPECT_EQ(resolve_adaptation_config(config(own, 96)).attention, own);
  const auto blocks = resolve_adaptation_config(config(Json::array({nullptr, "multipole2d"}), 96));
  EXPECT_TRUE(blocks.attention[0].is_null());
  EXPECT_EQ(blocks.attention[1]["far_gate"], true);
  EXPECT_EQ(to_json_config(resolve_adaptation_config(blocks)), to_json_config(blocks)) << "resolved once and for all";
}

TEST_F(AdaptationConfigTest, OnlyWhatIsAddedLearns) {
  const auto loaded = adaptable_model(resolve_adaptation_config(config("multipole2d", 96)));
  int64_t learned = 0;
  for (const auto& parameter : loaded.model->named_parameters()) {
    const bool is_gate = parameter.key().find(".far_") != std::string::npos;
    EXPECT_EQ(parameter->requires_grad(), is_gate) << parameter.key();
    learned += is_gate ? 1 : 0;
  }
  EXPECT_EQ(learned, 2 * 3) << "two blocks";
}

TEST_F(AdaptationConfigTest, SaysWhereThereIsNothingToLearn) {
  EXPECT_NE(message_of(config("multipole2d", 64)).find("no far level"), std::string::npos);
  EXPECT_NE(message_of(config("auto", 96)).find("no far level"), std::string::npos);
  EXPECT_NE(message_of(config("full", 96)).find("no far level"), std::string::npos);
  EXPECT_NE(message_of(config(Json{{"type", "multipole2d"}, {"far_gate", false}}, 96)).find("adds nothing"),
            std::string::npos);
  EXPECT_NE(message_of({}).find("name the model file"), std::string::npos);
  AdaptationConfig weightless;
  weightless.block_weight = weightless.feature_weight = 0;
  EXPECT_THROW(weightless.validate(""), ConfigError);
}

}  // namespace
}  // namespace multipole
