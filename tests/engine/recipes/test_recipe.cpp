#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "backbone/registry.h"
#include "engine/recipes/recipe.h"
#include "engine/training/classify_config.h"
#include "heads/model.h"
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
        RecipeOptions options;
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

TEST(Recipe, KeepsToItsTime) {
  for (const double minutes : {2.0, 10.0, 40.0}) {
    RecipeOptions options;
    options.minutes = minutes;
    const auto census = census_of({1000, 1000}, 300);
    const auto config = config_of(choose_recipe(census, options), 2);
    const auto backbone = config_from_json<PyramidConfig>(config.model.backbone, "");
    const double speed = expected_images_per_second(backbone, config.preprocessing.image_size);
    EXPECT_LE(static_cast<double>(config.train.epochs * census.pictures) / speed, 60 * minutes);
  }
}

TEST(Recipe, CostGrowsWithTheArea) {
  const auto nano = config_from_json<PyramidConfig>(preset_config("multipole_nano"), "");
  EXPECT_NEAR(expected_images_per_second(nano, 32) / expected_images_per_second(nano, 64), 4, 1e-9);
}

TEST(Recipe, FineTuningKeepsTheModelAndLearnsSlower) {
  RecipeOptions options;
  options.init = test::random_model_metadata({"a", "b"});
  const auto census = census_of({500, 500}, 200);
  const auto tuned = config_of(choose_recipe(census, options), 2), fresh = config_of(choose_recipe(census, {}), 2);
  EXPECT_EQ(tuned.model.backbone["embed_dims"], options.init->architecture.backbone["embed_dims"]);
  EXPECT_LT(tuned.train.optimizer["lr"].get<double>(), fresh.train.optimizer["lr"].get<double>());
  EXPECT_LT(tuned.train.fine_tune.layer_decay, 1);
  EXPECT_EQ(fresh.train.fine_tune.layer_decay, 1);
}

TEST(Recipe, UnevenClassesAreShownMoreEvenly) {
  EXPECT_EQ(config_of(choose_recipe(census_of({500, 450}, 64), {}), 2).data.balance, 0);
  const auto rare = config_of(choose_recipe(census_of({990, 10}, 64), {}), 2);
  EXPECT_GT(rare.data.balance, 0);
  EXPECT_EQ(rare.objective.score, "balanced_accuracy");
}

}  // namespace
}  // namespace multipole
