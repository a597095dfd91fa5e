#include <gtest/gtest.h>

#include <cmath>

#include "apps/output/progress_bar.h"

namespace multipole {
namespace {

TEST(ProgressBar, LineFitsItsWidth) {
  for (int64_t width = 1; width < 200; ++width) {
    const std::string line = bar_line("epoch 1/30", 12, 40, "812 img/s  loss 1.234", 31, width);
    EXPECT_LE(static_cast<int64_t>(line.size()), std::max<int64_t>(1, width - 1)) << width;
  }
  EXPECT_EQ(bar_line("eval", 5, 10, "fast", 65, 40), "eval [=====>    ] 5/10  fast  left 1:05");
}

TEST(ProgressBar, FullEmptyAndUnknown) {
  EXPECT_EQ(bar_line("eval", 10, 10, "", std::nan(""), 24), "eval [==========] 10/10");
  EXPECT_EQ(bar_line("eval", 0, 0, "", std::nan(""), 20), "eval [>       ] 0/0");
}

TEST(RemainingTime, FollowsTheRate) {
  RemainingTime remaining;
  EXPECT_TRUE(std::isnan(remaining.seconds_left(100)));
  for (int64_t done = 0; done <= 10; ++done) remaining.update(done, 2.0 * static_cast<double>(done));
  EXPECT_NEAR(remaining.seconds_left(100), 180, 1e-9);
  // the machine becomes four times slower: the estimate gets there without jumping at once
  remaining.update(11, 28);
  EXPECT_LT(remaining.seconds_left(100), 89 * 3.0);
  for (int64_t done = 12; done <= 60; ++done) remaining.update(done, 28 + 8.0 * static_cast<double>(done - 11));
  EXPECT_NEAR(remaining.seconds_left(100), 320, 5);
}

}  // namespace
}  // namespace multipole
