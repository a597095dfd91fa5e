#include <gtest/gtest.h>

#include <cmath>

#include "engine/optimizers/schedule.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

TEST(Schedule, CosineHasItsClosedFormValues) {
  // 4 steps of warm-up, then 9 of cosine from 1 down to 0.1
  const Schedule schedule({"cosine", 2.0, 0.1}, 13, 2);
  EXPECT_EQ(schedule.warmup_steps(), 4);
  for (int64_t step = 0; step < 4; ++step) EXPECT_NEAR(schedule.factor(step), (step + 1) / 5.0, 1e-12);
  EXPECT_NEAR(schedule.factor(4), 1.0, 1e-12);
  EXPECT_NEAR(schedule.factor(8), 0.55, 1e-12);
  EXPECT_NEAR(schedule.factor(6), 0.1 + 0.9 * 0.5 * (1 + std::cos(std::acos(-1.0) / 4)), 1e-12);
  EXPECT_NEAR(schedule.factor(12), 0.1, 1e-12);
}

TEST(Schedule, ConstantStaysAfterWarmup) {
  const Schedule schedule({"constant", 1.0, 0.1}, 20, 5);
  EXPECT_NEAR(schedule.factor(2), 0.5, 1e-12);
  for (int64_t step = 5; step < 20; ++step) EXPECT_EQ(schedule.factor(step), 1.0);
}

TEST(Schedule, IsPositiveAndRisesThenFallsForAnyLength) {
  for (int trial = 0; trial < 50; ++trial) {
    const int64_t epochs = random_int(1, 9), steps_per_epoch = random_int(1, 9), total = epochs * steps_per_epoch;
    const Schedule schedule({"cosine", static_cast<double>(random_int(0, 20)) / 2, 0.01}, total, steps_per_epoch);
    EXPECT_LT(schedule.warmup_steps(), total);
    double before = 0;
    for (int64_t step = 0; step < total; ++step) {
      const double factor = schedule.factor(step);
      EXPECT_GT(factor, 0);
      EXPECT_LE(factor, 1);
      if (step <= schedule.warmup_steps()) {
        EXPECT_GT(factor, before);
      } else {
        EXPECT_LE(factor, before);
      }
      before = factor;
    }
  }
}

TEST(Schedule, PolyFallsByAPower) {
  ScheduleConfig config;
  config.type = "poly";
  config.warmup_epochs = 0;
  config.min_lr_ratio = 0.2;
  config.power = 2;
  const Schedule schedule(config, 5, 1);
  for (int64_t step = 0; step < 5; ++step) {
    EXPECT_NEAR(schedule.factor(step), 0.2 + 0.8 * std::pow(1 - step / 4.0, 2), 1e-12);
  }
}

TEST(Schedule, StepDropsAtItsMilestones) {
  ScheduleConfig config;
  config.type = "step";
  config.warmup_epochs = 1;
  config.milestones = {0.5, 0.8};
  config.gamma = 0.2;
  const Schedule schedule(config, 20, 2);
  EXPECT_NEAR(schedule.factor(0), 1.0 / 3, 1e-12);
  EXPECT_NEAR(schedule.factor(9), 1.0, 1e-12);
  EXPECT_NEAR(schedule.factor(10), 0.2, 1e-12);
  EXPECT_NEAR(schedule.factor(19), 0.04, 1e-12);
}

TEST(Schedule, OneStepIsAFullStep) { EXPECT_EQ(Schedule({"cosine", 5.0, 0.01}, 1, 1).factor(0), 1.0); }

}  // namespace
}  // namespace multipole
