// A number of threads for a stretch of work: this thread's alone, and as before afterwards.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "engine/runtime/thread_count.h"

namespace multipole {
namespace {

// Threads that take part in torch's own parallel loop.
int64_t threads_at_work() {
  std::mutex mutex;
  std::set<int> seen;
  at::parallel_for(0, 1000, 1, [&](int64_t, int64_t) {
    const std::lock_guard lock(mutex);
    seen.insert(at::get_thread_num());
  });
  return static_cast<int64_t>(seen.size());
}

TEST(ThreadCount, HoldsWhileItLives) {
  const int before = at::get_num_threads();
  for (const int threads : {1, 3, 2}) {
    const ThreadCount guard(threads);
    EXPECT_EQ(at::get_num_threads(), threads);
    EXPECT_EQ(threads_at_work(), threads);
    {
      const ThreadCount unchanged(0);
      EXPECT_EQ(at::get_num_threads(), threads);
    }
    EXPECT_EQ(at::get_num_threads(), threads);
  }
  EXPECT_EQ(at::get_num_threads(), before);
}

TEST(ThreadCount, OtherThreadsKeepTheirs) {
  const int before = at::get_num_threads();
  const ThreadCount guard(before + 2);
  int elsewhere = 0, guarded_elsewhere = 0, after = 0;
  std::thread([&] {
    elsewhere = at::get_num_threads();
    {
      const ThreadCount other(before + 1);
      guarded_elsewhere = at::get_num_threads();
    }
    after = at::get_num_threads();
  }).join();
  EXPECT_EQ(elsewhere, before);
  EXPECT_EQ(guarded_elsewhere, before + 1);
  EXPECT_EQ(after, before);
  EXPECT_EQ(at::get_num_threads(), before + 2);
}

TEST(ThreadCount, GoesBackWhereSomethingIsThrown) {
  const int before = at::get_num_threads();
  try {
    const ThreadCount guard(before + 1);
    throw std::runtime_error("work failed");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(at::get_num_threads(), before);
}

}  // namespace
}  // namespace multipole
