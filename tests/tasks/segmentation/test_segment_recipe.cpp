#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tasks/segmentation/segment_config.h"
#include "tasks/segmentation/segment_recipe.h"
#include "tasks/segmentation/segment_sizing.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

// A machine that takes so long for a picture of 512 x 512.
SegmentSizing sizing_on(double picture_seconds, const SegmentSizingNeeds& needs) {
  return choose_segment_sizing(needs, [=](int64_t crop, int64_t batch) {
    return picture_seconds * static_cast<double>(crop * crop * batch) / (512.0 * 512.0);
  });
}

SegmentSizingNeeds needs_of(int64_t pictures, int64_t median_side) {
  SegmentSizingNeeds needs;
  needs.pictures = pictures;
  needs.median_side = median_side;
  return needs;
}

TEST(SegmentSizing, FollowsTheMachine) {
  const auto fast = sizing_on(0.01, needs_of(1000, 512));
  EXPECT_EQ(fast.crop, 512);
  EXPECT_EQ(fast.batch, 8);
  int64_t before = fast.crop * fast.crop * fast.batch;
  for (const double seconds : {0.3, 1.0, 5.0}) {
    const auto slow = sizing_on(seconds, needs_of(1000, 512));
    EXPECT_LE(slow.seconds, 2.0) << seconds;
    EXPECT_LT(slow.crop * slow.crop * slow.batch, before) << seconds;
    before = slow.crop * slow.crop * slow.batch;
  }
  const auto slowest = sizing_on(1000, needs_of(1000, 512));
  EXPECT_EQ(slowest.crop, 128);
  EXPECT_EQ(slowest.batch, 4);
  EXPECT_EQ(sizing_on(std::nan(""), needs_of(1000, 512)).crop, 128);
}

TEST(SegmentSizing, KeepsToThePicturesTheUserAndTheMinutes) {
  const int64_t side = test::random_int(1, 4000);
  const auto sizing = sizing_on(0.01, needs_of(test::random_int(1, 100), side));
  EXPECT_EQ(sizing.crop % 32, 0) << side;
  EXPECT_LE(sizing.crop, 512);
  EXPECT_LT(sizing.crop, side + 32);
  EXPECT_EQ(sizing_on(0.01, needs_of(3, 512)).batch, 1);
  EXPECT_EQ(sizing_on(0.01, needs_of(12, 512)).batch, 2);
  auto needs = needs_of(1000, 512);
  needs.most_picture_seconds = 0.01 / 4;
  EXPECT_EQ(sizing_on(0.01, needs).crop, 256);
  needs.crop = 300;
  EXPECT_EQ(sizing_on(0.01, needs).crop, 300);
  needs.batch = 3;
  EXPECT_EQ(sizing_on(0.01, needs).batch, 3);
}

TEST(SegmentRecipe, GivesAConfigAndKeepsToItsTime) {
  for (const double speed : {0.5, 20.0}) {
    TrainingCensus census;
    census.pictures = test::random_int(1, 300);
    census.median_side = 300;
    RecipeOptions options;
    options.minutes = 60;
    options.batch_size = 2;
    options.evaluation_share = 0.7;
    options.measure = [=](const Json&) {
      return StepTiming{.seconds_per_step = 2 / speed, .images_per_second = speed, .steps = 3, .where = "a machine"};
    };
    const auto recipe = choose_segment_recipe(census, options);
    auto config = config_from_json<SegmentConfig>(recipe.settings, "");
    config.model.num_classes = 2;
    EXPECT_NO_THROW(resolve_segment_config(config));
    EXPECT_EQ(config.train.batch_size, 2);
    EXPECT_EQ(config.train.eval_every, 4) << "0.7 of an epoch's time, at most a fifth of it spent";
    EXPECT_EQ(config.loss.class_weights, "auto");
    const double seconds = static_cast<double>(config.train.epochs * census.pictures) / speed * (1 + 0.7 / 4);
    if (config.train.epochs > 3) {
      EXPECT_LE(seconds, 3600);
    }
    EXPECT_EQ(
        config_from_json<SegmentConfig>(choose_segment_recipe(census, options, false).settings, "").loss.class_weights,
        "none");
  }
}

TEST(SegmentRecipe, IsAProbeOnlyWhereItMayBeAndTheMinutesHoldTooFewEpochs) {
  TrainingCensus census;
  census.pictures = test::random_int(8, 300);
  census.median_side = 300;
  RecipeOptions options;
  options.init = ModelMetadata{};
  double speed = 0.001;
  options.measure = [&](const Json&) {
    return StepTiming{.seconds_per_step = 1 / speed, .images_per_second = speed, .steps = 3, .where = "a machine"};
  };
  EXPECT_FALSE(choose_segment_recipe(census, options).probe);
  options.may_probe = true;
  const auto recipe = choose_segment_recipe(census, options);
  EXPECT_TRUE(recipe.probe);
  EXPECT_FALSE(recipe.settings.contains("augmentation"));
  EXPECT_FALSE(recipe.settings.contains("train"));
  speed = std::nan("");
  EXPECT_TRUE(choose_segment_recipe(census, options).probe) << "an unknown speed promises nothing";
  speed = 1000;
  EXPECT_FALSE(choose_segment_recipe(census, options).probe);
}

}  // namespace
}  // namespace multipole
