// Calls that share a limit of memory: within it together, in the order in which they came, and never stuck.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tasks/segmentation/prediction/memory_budget.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

TEST(MemoryBudget, WhatIsHeldIsMeasuredWhileNobodyWorks) {
  MemoryBudget budget;
  double held = 5;
  const auto measure = [&] { return held; };
  EXPECT_EQ(budget.held_by_others(measure), 5);
  {
    const auto share = budget.take(1, 10);
    held = 6;  // the share's own
    EXPECT_EQ(budget.held_by_others(measure), 5);
  }
  EXPECT_EQ(budget.held_by_others(measure), 6);
}

TEST(MemoryBudget, StaysWithinItsRoom) {
  MemoryBudget budget;
  constexpr int64_t kRoom = 100;
  std::atomic<int64_t> taken{0}, most{0}, num_done{0};
  std::vector<std::vector<int64_t>> sizes(8);
  for (auto& each : sizes) {
    for (int i = 0; i < 50; ++i) each.push_back(random_int(1, 60));
  }
  {
    std::vector<std::jthread> threads;
    for (const auto& each : sizes) {
      threads.emplace_back([&] {
        for (const int64_t size : each) {
          const auto share = budget.take(static_cast<double>(size), kRoom);
          const int64_t now = taken += size;
          for (int64_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
          }
          std::this_thread::yield();
          taken -= size;
          ++num_done;
        }
      });
    }
  }
  EXPECT_EQ(num_done, 400);
  EXPECT_LE(most, kRoom);
}

TEST(MemoryBudget, WhoNeedsMoreThanThereIsRunsAlone) {
  MemoryBudget budget;
  std::atomic<bool> begun{false};
  std::jthread large;
  {
    const auto share = budget.take(1, 10);
    large = std::jthread([&] {
      const auto whole = budget.take(1000, 10);
      begun = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(begun);
  }
  large.join();
  EXPECT_TRUE(begun);
}

TEST(MemoryBudget, ALargeOneIsNotOvertaken) {
  MemoryBudget budget;
  std::atomic<bool> large_begun{false}, small_begun{false}, small_was_later{false};
  std::jthread large, small;
  {
    const auto share = budget.take(6, 10);
    large = std::jthread([&] {
      const auto mine = budget.take(8, 10);
      large_begun = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    small = std::jthread([&] {
      const auto mine = budget.take(3, 10);  // would fit beside the first
      small_was_later = large_begun.load();
      small_begun = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(large_begun);
    EXPECT_FALSE(small_begun);
  }
  large.join();
  small.join();
  EXPECT_TRUE(small_was_later);
}

}  // namespace
}  // namespace multipole
