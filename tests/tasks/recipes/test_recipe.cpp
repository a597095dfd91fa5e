#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <string>

#include "base/error.h"
#include "heads/model/model.h"
#include "tasks/classification/classify_config.h"
#include "tasks/recipes/recipe.h"
#include "tests/support/model_file.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

TrainingCensus census_of(std::vector<int64_t> counts, int64_t side) {
  TrainingCensus census;
  census.class_counts = counts;
  for (size_t i = 0; i < counts.size(); ++i) census.class_names.push_back("class " + std::to_string(i));
  census.pictures = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  census.measured = std::min<int64_t>(census.pictures, 64);
  census.smallest_side = census.median_side = census.largest_side = side;
  return census;
}

// A machine that trains so many pictures a second, whatever the model.
RecipeOptions options_at(double images_per_second) {
  RecipeOptions options;
  options.measure = [=](const Json&) {
    return StepTiming{.seconds_per_step = 1, .images_per_second = images_per_second, .steps = 3, .where = "a machine"};
  };
  return options;
}

ClassifyConfig config_of(const Recipe& recipe, int64_t num_classes) {
  auto config = config_from_json<ClassifyConfig>(recipe.settings, "");
  config.model.num_classes = num_classes;
  return resolve_classify_config(config);
}

TEST(Recipe, EverySizeOfDataGivesAConfigThatBuilds) {
  const std::vector<std::vector<int64_t>> sets = {{1, 1, 1},      {2, 1},     {990, 10}, std::vector<int64_t>(300, 3),
                                                  {50000, 50000}, {1, 100000}};
  for (const auto& counts : sets) {
    for (const int64_t side : {int64_t{1}, int64_t{28}, test::random_int(33, 200), int64_t{4000}}) {
      for (const bool fine_tune : {false, true}) {
        SCOPED_TRACE(counts.size());
        RecipeOptions options = options_at(300);
        if (fine_tune) options.init = test::random_model_metadata({"a", "b"});
        const auto recipe = choose_recipe(census_of(counts, side), options);
        const auto config = config_of(recipe, static_cast<int64_t>(counts.size()));
        EXPECT_NO_THROW(VisionModel(config.model));
        EXPECT_GE(config.train.epochs, 3);
        EXPECT_LE(config.train.batch_size,
                  std::max<int64_t>(1, std::accumulate(counts.begin(), counts.end(), int64_t{0}) / 2));
        for (const auto& reason : recipe.reasons) EXPECT_NE(reason.find(": "), std::string::npos) << reason;
      }
    }
  }
}

TEST(Recipe, KeepsToItsTimeOnFastAndSlowMachines) {
  for (const double speed : {15.0, 150.0}) {
    for (const double minutes : {10.0, 40.0}) {
      RecipeOptions options = options_at(speed);
      options.minutes = minutes;
      options.evaluation_share = 0.25;
      const auto census = census_of({500, 500}, 300);
      const auto config = config_of(choose_recipe(census, options), 2);
      const double seconds = 1.25 * static_cast<double>(config.train.epochs * census.pictures) / speed;
      EXPECT_LE(seconds, 60 * minutes);
      EXPECT_GT(seconds + 1.25 * 1000 / speed, std::min(60 * minutes, 200 * 1.25 * 1000 / speed) - 1e-6);
    }
  }
}

TEST(Recipe, MeasuresTheTrainingThatItChose) {
  Json measured;
  RecipeOptions options = options_at(50);
  const auto measure = options.measure;
  options.measure = [&](const Json& settings) {
    measured = settings;
    return measure(settings);
  };
  const auto recipe = choose_recipe(census_of({500, 500}, 100), options);
  for (const char* key : {"batch_size", "optimizer"}) EXPECT_EQ(measured["train"][key], recipe.settings["train"][key]);
  for (const char* key : {"preprocessing", "augmentation", "model"}) EXPECT_EQ(measured[key], recipe.settings[key]);
  EXPECT_NE(recipe.reasons.back().find("50.0 pictures a second, measured over 3 steps on a machine"), std::string::npos)
      << recipe.reasons.back();
}

TEST(Recipe, NothingIsMeasuredWhereTheLengthIsGiven) {
  RecipeOptions options;
  options.epochs = 7;
  options.batch_size = 5;
  const auto config = config_of(choose_recipe(census_of({50, 50}, 64), options), 2);
  EXPECT_EQ(config.train.epochs, 7);
  EXPECT_EQ(config.train.batch_size, 5);
  options.epochs.reset();
  EXPECT_THROW(choose_recipe(census_of({50, 50}, 64), options), ConfigError);
  const auto unknown = options_at(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(config_of(choose_recipe(census_of({50, 50}, 64), unknown), 2).train.epochs, 3);
}

TEST(Recipe, FineTuningKeepsTheModelAndLearnsSlower) {
  RecipeOptions options = options_at(300);
  options.init = test::random_model_metadata({"a", "b"});
  const auto census = census_of({500, 500}, 200);
  const auto tuned = config_of(choose_recipe(census, options), 2),
             fresh = config_of(choose_recipe(census, options_at(300)), 2);
  EXPECT_EQ(tuned.model.backbone["embed_dims"], options.init->architecture.backbone["embed_dims"]);
  EXPECT_LT(tuned.train.optimizer["lr"].get<double>(), fresh.train.optimizer["lr"].get<double>());
  EXPECT_LT(tuned.train.fine_tune.layer_decay, 1);
  EXPECT_EQ(fresh.train.fine_tune.layer_decay, 1);
}

TEST(Recipe, UnevenClassesAreShownMoreEvenly) {
  EXPECT_EQ(config_of(choose_recipe(census_of({500, 450}, 64), options_at(300)), 2).data.balance, 0);
  const auto rare = config_of(choose_recipe(census_of({990, 10}, 64), options_at(300)), 2);
  EXPECT_GT(rare.data.balance, 0);
  EXPECT_EQ(rare.objective.score, "balanced_accuracy");
}

// A model that knows photographs: a vision transformer for 224 pixels.
RecipeOptions with_published_model(RecipeOptions options) {
  options.init = test::random_model_metadata({});
  options.init->task = "embedding";
  options.init->architecture.preset = "";
  options.init->architecture.backbone = {{"family", "vit"}, {"image_size", 224}, {"patch_size", 32},
                                         {"embed_dim", 32}, {"num_heads", 2},    {"depth", 2}};
  options.init->architecture.head = {{"type", "embedding"}};
  options.init->architecture = resolve_model_config(options.init->architecture);
  options.init->preprocessing = to_json_config(Preprocessing{.image_size = 224});
  options.may_probe = true;
  return options;
}

TEST(Recipe, AModelOfPhotographsKeepsItsResolution) {
  for (const int64_t side : {60, 480, 3000}) {
    const auto recipe = choose_recipe(census_of({500, 500}, side), with_published_model(options_at(300)));
    EXPECT_FALSE(recipe.probe);
    EXPECT_EQ(config_of(recipe, 2).preprocessing.image_size, 224) << side;
  }
}

TEST(Recipe, FewPicturesOfAClassAreProbed) {
  auto options = with_published_model({});  // nothing is measured
  const auto recipe = choose_recipe(census_of({50, 45}, 480), options);
  EXPECT_TRUE(recipe.probe);
  EXPECT_NE(recipe.reasons.front().find("47 pictures a class"), std::string::npos) << recipe.reasons.front();
  EXPECT_FALSE(recipe.settings.contains("train")) << "a probe has no use for it";

  options = with_published_model(options_at(300));
  options.may_probe = false;
  EXPECT_FALSE(choose_recipe(census_of({50, 45}, 480), options).probe) << "not where the user wants a training";
}

TEST(Recipe, AModelThatTheMinutesCannotTrainIsProbed) {
  RecipeOptions slow = options_at(1), fast = options_at(100);
  for (auto* options : {&slow, &fast}) {
    options->init = test::random_model_metadata({"a", "b"});
    options->may_probe = true;
  }
  const auto probed = choose_recipe(census_of({500, 500}, 64), slow);
  EXPECT_TRUE(probed.probe);
  EXPECT_NE(probed.reasons.front().find("1.0 pictures a second"), std::string::npos) << probed.reasons.front();
  EXPECT_FALSE(choose_recipe(census_of({500, 500}, 64), fast).probe);
}

}  // namespace
}  // namespace multipole
