// Items side by side: the order of their results, what is thrown, and which threads work.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/runtime/execution.h"
#include "engine/runtime/side_by_side.h"
#include "engine/runtime/thread_count.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

void dawdle() { std::this_thread::sleep_for(std::chrono::microseconds(random_int(0, 3) * 300)); }

TEST(SideBySideItems, ResultsAreInOrderAndTakenByTheCaller) {
  for (const int threads : {1, 2, 3, 8}) {
    const ThreadCount guard(threads);
    const int64_t count = random_int(0, 60);
    const auto caller = std::this_thread::get_id();
    std::mutex mutex;
    std::set<std::thread::id> makers;
    std::atomic<int64_t> num_fetched{0}, most_ahead{0}, num_taken{0};
    std::vector<int64_t> taken;
    side_by_side<int64_t, int64_t>(
        [&]() -> std::optional<int64_t> {
          if (num_fetched == count) return std::nullopt;
          most_ahead = std::max(most_ahead.load(), num_fetched + 1 - num_taken);
          return num_fetched++;
        },
        [&](int64_t& item) {
          {
            const std::lock_guard lock(mutex);
            makers.insert(std::this_thread::get_id());
            dawdle();
          }
          std::this_thread::sleep_for(std::chrono::microseconds(200));
          return item * item;
        },
        [&](int64_t result) {
          EXPECT_EQ(std::this_thread::get_id(), caller);
          taken.push_back(result);
          ++num_taken;
        });
    ASSERT_EQ(static_cast<int64_t>(taken.size()), count);
    for (int64_t i = 0; i < count; ++i) EXPECT_EQ(taken[static_cast<size_t>(i)], i * i);
    EXPECT_LE(makers.size(), static_cast<size_t>(threads));
    EXPECT_LE(most_ahead, threads == 1 ? 1 : 2 * threads + 1);
    if (count > 40 && threads == 2) {
      EXPECT_EQ(makers.size(), 2u);
    }
  }
}

TEST(SideBySideItems, ALoneItemHasAllThreadsAndOthersOneEach) {
  const ThreadCount guard(3);
  for (const int64_t count : {1, 5}) {
    side_by_side<bool>(
        count, [](int64_t&) { return at::in_parallel_region(); }, [&](bool in_team) { EXPECT_EQ(in_team, count > 1); });
    side_by_side<bool>(
        count, [](int64_t&) { return at::in_parallel_region(); }, [&](bool in_team) { EXPECT_FALSE(in_team); }, 1);
  }
}

TEST(SideBySideItems, WithinATeamTheyAreDoneInTurn) {
  const ThreadCount guard(2);
  std::atomic<int> num_made{0};
  side_by_side<int>(
      4,
      [&](int64_t&) {
        const auto self = std::this_thread::get_id();
        side_by_side<int>(
            3,
            [&](int64_t&) {
              EXPECT_EQ(std::this_thread::get_id(), self);
              return ++num_made;
            },
            [](int) {});
        return 0;
      },
      [](int) {});
  EXPECT_EQ(num_made, 12);
}

TEST(SideBySideItems, ModesOfTheCallerHoldInAllThreads) {
  const ThreadCount guard(2);
  const c10::InferenceMode inference;
  const AutocastGuard autocast({.bfloat16 = true});
  const auto a = torch::randn({8, 8});
  side_by_side<torch::Tensor>(
      20,
      [&](int64_t&) {
        EXPECT_TRUE(c10::InferenceMode::is_enabled());
        return a.mm(a);
      },
      [&](const torch::Tensor& product) { EXPECT_EQ(product.scalar_type(), torch::kBFloat16); });
  EXPECT_FALSE(at::in_parallel_region());
}

// The place of the one that throws among the others, and who throws: the fetch, the work, the taking.
TEST(SideBySideItems, WhatIsThrownIsThrownInItsPlace) {
  for (const int threads : {1, 2, 5}) {
    const ThreadCount guard(threads);
    for (const std::string where : {"fetch", "make", "take"}) {
      for (const int64_t place : {0, 1, 2, 9, 19}) {
        int64_t next = 0, num_taken = 0;
        std::atomic<int64_t> num_made{0};
        const auto fail = [&](const std::string& here, int64_t item) {
          if (here == where && item == place) throw std::runtime_error("item " + std::to_string(item));
        };
        try {
          side_by_side<int64_t, int64_t>(
              [&]() -> std::optional<int64_t> {
                fail("fetch", next);
                return next < 20 ? std::optional<int64_t>(next++) : std::nullopt;
              },
              [&](int64_t& item) {
                ++num_made;
                fail("make", item);
                return item;
              },
              [&](int64_t item) {
                fail("take", item);
                EXPECT_EQ(item, num_taken++);
              });
          FAIL() << where << " " << place;
        } catch (const std::runtime_error& error) {
          EXPECT_EQ(error.what(), "item " + std::to_string(place));
        }
        EXPECT_EQ(num_taken, place) << where;
        EXPECT_LE(num_made, place + 2 * threads + 1) << where;
      }
    }
  }
}

}  // namespace
}  // namespace multipole
