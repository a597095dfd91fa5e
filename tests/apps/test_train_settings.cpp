#include <gtest/gtest.h>

#include "apps/arguments/run_settings.h"
#include "base/error.h"
#include "datasets/synthetic/synthetic_writer.h"
#include "heads/model/model.h"
#include "tasks/classification/classify_config.h"
#include "tasks/classification/task/classification_task.h"
#include "tasks/classification/task/input_size.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

std::string error_of(const RunSettings& settings) {
  try {
    config_from_json<ClassifyConfig>(merged_settings(settings, classification_task()->recipes()), "");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TrainSettings, EveryRecipeBuildsAModel) {
  ASSERT_FALSE(classification_task()->recipes().names.empty());
  for (const auto& name : classification_task()->recipes().names) {
    RunSettings settings;
    settings.config = name;
    auto config = config_from_json<ClassifyConfig>(merged_settings(settings, classification_task()->recipes()), "");
    config.model.num_classes = 3;
    EXPECT_NO_THROW(VisionModel(resolve_classify_config(config).model)) << name;
  }
}

TEST(TrainSettings, OptionsComeLast) {
  RunSettings settings;
  settings.config = "cifar10_nano";
  settings.sets = {"train.epochs=7", "train.batch_size=5", "train.batch_size=6", "data.train_split=1"};
  settings.epochs = 9;
  settings.device = "cpu";
  const Json json = merged_settings(settings, classification_task()->recipes());
  EXPECT_EQ(json["train"]["epochs"], 9);
  EXPECT_EQ(json["train"]["batch_size"], 6);
  EXPECT_EQ(json["train"]["device"], "cpu");
}

TEST(TrainSettings, AnotherAttentionTakesNoFieldsOfTheOld) {
  RunSettings settings;
  settings.sets = {"model.backbone.attention.type=full"};
  auto config = config_from_json<ClassifyConfig>(merged_settings(settings, classification_task()->recipes()), "");
  config.model.num_classes = 2;
  EXPECT_EQ(resolve_classify_config(config).model.backbone["attention"]["type"], "full");
}

TEST(TrainSettings, WrongKeysNameTheNearest) {
  RunSettings settings;
  settings.sets = {"train.epoch=3"};
  EXPECT_EQ(error_of(settings), "train.epoch: unknown key, did you mean 'epochs'?");
  settings = {};
  settings.config = "cifar10_nanno";
  EXPECT_NE(error_of(settings).find("did you mean 'cifar10_nano'?"), std::string::npos) << error_of(settings);
  settings = {};
  settings.config = "absent/config.json";
  EXPECT_NE(error_of(settings).find("cannot read config absent/config.json"), std::string::npos);
}

TEST(TrainSettings, InputSizeIsAMultipleOf32) {
  EXPECT_EQ(input_size_for({}), 224);
  EXPECT_EQ(input_size_for({1}), 32);
  EXPECT_EQ(input_size_for({32, 32, 32}), 32);
  EXPECT_EQ(input_size_for({33}), 64);
  EXPECT_EQ(input_size_for({5000, 20, 96}), 96);
  EXPECT_EQ(input_size_for({5000, 4000}), 224);
}

TEST(TrainSettings, TheDataDecidesWhatIsOpenAndNothingElse) {
  const test::TemporaryFolder folder;
  SyntheticConfig synthetic;
  synthetic.num_classes = 2;
  synthetic.image_size = 48;
  synthetic.train_images = 6;
  synthetic.val_images = 2;
  write_synthetic(synthetic, folder / "data");
  Json open = Json::object();
  EXPECT_NE(fit_to_data(open, folder / "data").find("64"), std::string::npos);
  EXPECT_EQ(open["preprocessing"]["image_size"], 64);
  EXPECT_EQ(open["preprocessing"]["crop_pct"], 1.0);
  EXPECT_EQ(open["augmentation"]["random_crop"]["type"], "pad");

  Json chosen = {{"preprocessing", {{"image_size", 40}}}};
  const Json before = chosen;
  EXPECT_EQ(fit_to_data(chosen, folder / "data"), "");
  EXPECT_EQ(chosen, before);

  Json partly = {{"preprocessing", {{"crop_pct", 0.5}}}, {"augmentation", {{"random_crop", {{"type", "center"}}}}}};
  fit_to_data(partly, folder / "data");
  EXPECT_EQ(partly["preprocessing"]["crop_pct"], 0.5);
  EXPECT_EQ(partly["augmentation"]["random_crop"]["type"], "center");
}

}  // namespace
}  // namespace multipole
