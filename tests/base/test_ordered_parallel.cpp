// Results in order, whatever the threads do; failures and early ends without a hang.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "base/ordered_parallel.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

void nap() { std::this_thread::sleep_for(std::chrono::microseconds(test::random_int(0, 200))); }

TEST(OrderedParallel, ResultsComeInOrder) {
  for (const int64_t workers : {1, 2, 5}) {
    std::vector<int64_t> taken;
    ordered_parallel<int64_t>(
        100, workers, [](int64_t i) { return i * i; },
        [&](int64_t i, int64_t result) {
          EXPECT_EQ(result, i * i);
          taken.push_back(i);
          return true;
        });
    ASSERT_EQ(taken.size(), 100u);
    EXPECT_TRUE(std::is_sorted(taken.begin(), taken.end()));
  }
  ordered_parallel<int>(
      0, 3, [](int64_t) { return 0; }, [](int64_t, int) { return true; });
}

TEST(OrderedParallel, ASlowTakerBoundsWhatIsMade) {
  std::atomic<int64_t> made = 0;
  ordered_parallel<int>(
      200, 2, [&](int64_t) { return static_cast<int>(++made); },
      [&](int64_t i, int) {
        EXPECT_LE(made, i + 1 + 8);
        nap();
        return true;
      });
}

TEST(OrderedParallel, FailuresAndEarlyEndsLeaveNoThread) {
  for (int round = 0; round < 30; ++round) {
    const int64_t at = test::random_int(0, 49);
    const auto fail_at = [at](int64_t i) {
      nap();
      if (i == at) throw std::runtime_error("at " + std::to_string(i));
      return 0;
    };
    int64_t taken = 0;
    const auto count = [&](int64_t, int) { return ++taken, true; };
    EXPECT_THROW(ordered_parallel<int>(50, 3, fail_at, count), std::runtime_error);
    EXPECT_EQ(taken, at) << "all before the failure were taken";
    const auto throwing = [at](int64_t i, int) {
      if (i == at) throw std::logic_error("taker");
      return true;
    };
    EXPECT_THROW(ordered_parallel<int>(
                     50, 3, [](int64_t) { return 0; }, throwing),
                 std::logic_error);
    taken = 0;
    ordered_parallel<int>(
        50, 3, [](int64_t) { return 0; }, [&](int64_t i, int) { return ++taken, i < at; });
    EXPECT_EQ(taken, at + 1);
  }
}

}  // namespace
}  // namespace multipole
