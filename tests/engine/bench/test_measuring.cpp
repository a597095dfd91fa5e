#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "engine/bench/fma_peak.h"
#include "engine/bench/timing.h"
#include "engine/runtime/peak_memory.h"

namespace multipole {
namespace {

TEST(Timing, MedianOfOddEvenAndNone) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_EQ(median({}), 0);
}

TEST(Timing, WarmsUpAndRepeats) {
  int calls = 0;
  const auto call = [&] {
    ++calls;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  };
  const Timing timing = time_calls(call, {.seconds = 0.05, .min_runs = 7});
  EXPECT_EQ(calls, 8);
  EXPECT_EQ(timing.runs, 7);
  EXPECT_GE(timing.minimum, 0.01);
  EXPECT_LE(timing.minimum, timing.median);
}

TEST(Timing, StopsAtTheMostRuns) {
  int calls = 0;
  EXPECT_EQ(time_calls([&] { ++calls; }, {.seconds = 60, .min_runs = 1, .max_runs = 20}).runs, 20);
  EXPECT_EQ(calls, 21);
}

TEST(Timing, SlowCallsAreNotRepeatedInVain) {
  int calls = 0;
  const auto slow = [&] {
    ++calls;
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  };
  EXPECT_EQ(time_calls(slow, {.seconds = 0.02, .min_runs = 5}).runs, 1);
  EXPECT_EQ(calls, 2);
  EXPECT_GE(time_calls(slow, {.seconds = 0.002, .min_runs = 5}).minimum, 0.03);
  EXPECT_EQ(calls, 3);
}

TEST(PeakMemory, SeesWhatIsTouched) {
  constexpr int64_t kBytes = 64 << 20;
  const PeakMemory memory;
  if (!memory.extra_bytes()) GTEST_SKIP() << "this system does not tell";
  { const std::vector<char> block(kBytes, 1); }
  EXPECT_GE(*memory.extra_bytes(), kBytes * 9 / 10);
  EXPECT_LT(*memory.extra_bytes(), kBytes * 3 / 2);
  const PeakMemory later;
  EXPECT_LT(*later.extra_bytes(), kBytes / 2);
}

TEST(FmaPeak, IsARateOfThisMachine) {
  const FmaPeak peak = measure_fma_peak(c10::ScalarType::Float);
  EXPECT_FALSE(peak.instructions.empty());
  EXPECT_GT(peak.gflops, 1);
  EXPECT_LT(peak.gflops, 1000.0 * at::get_num_threads());
  EXPECT_GT(measure_fma_peak(c10::ScalarType::BFloat16).gflops, 0.5 * peak.gflops);
}

}  // namespace
}  // namespace multipole
