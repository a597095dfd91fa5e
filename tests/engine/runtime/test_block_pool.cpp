#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include "engine/runtime/block_pool.h"
#include "engine/runtime/process_memory.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

constexpr size_t kMiB = size_t{1} << 20;

size_t random_size(int64_t most_mib) { return static_cast<size_t>(random_int(kMiB, most_mib * int64_t{kMiB})); }

// A block that holds `mark` in every page and in its last byte.
struct Marked {
  MemoryBlock block;
  uint8_t mark = 0;

  void write() const {
    for_each_page([&](uint8_t& byte) { byte = mark; });
  }
  bool is_whole() const {
    bool whole = true;
    for_each_page([&](const uint8_t& byte) { whole = whole && byte == mark; });
    return whole;
  }

 private:
  template <class Visit>
  void for_each_page(const Visit& visit) const {
    auto* const bytes = static_cast<uint8_t*>(block.start);
    for (size_t i = 0; i < block.bytes; i += 4096) visit(bytes[i]);
    visit(bytes[block.bytes - 1]);
  }
};

TEST(BlockPool, KeepsWhatFitsTheNextOne) {
  BlockPool pool;
  pool.keep_up_to(64 * kMiB);
  const size_t bytes = random_size(20);
  const MemoryBlock first = pool.take(bytes);
  ASSERT_NE(first.start, nullptr);
  EXPECT_GE(first.bytes, bytes);
  pool.give_back(first);
  EXPECT_EQ(pool.bytes_kept(), first.bytes);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
  const MemoryBlock half = pool.take(bytes / 2);
  EXPECT_NE(half.start, first.start) << "half of it would be wasted";
  const MemoryBlock again = pool.take(bytes - bytes / 16);
  EXPECT_EQ(again.start, first.start);
  EXPECT_EQ(pool.bytes_kept(), 0u);
  pool.give_back(again);
  pool.give_back(half);
}

TEST(BlockPool, KeepsNothingBeyondItsBound) {
  for (int round = 0; round < 20; ++round) {
    BlockPool pool;
    const size_t most = random_size(60);
    pool.keep_up_to(most);
    std::vector<Marked> held;
    for (int step = 0; step < 60; ++step) {
      if (held.empty() || random_int(0, 1) == 0) {
        held.push_back({pool.take(random_size(12)), static_cast<uint8_t>(random_int(1, 255))});
        held.back().write();
      } else {
        const auto which = held.begin() + random_int(0, static_cast<int64_t>(held.size()) - 1);
        EXPECT_TRUE(which->is_whole()) << "somebody else wrote to it";
        pool.give_back(which->block);
        held.erase(which);
      }
      size_t in_use = 0;
      for (const auto& each : held) in_use += each.block.bytes;
      EXPECT_EQ(pool.bytes_in_use(), in_use);
      EXPECT_LE(pool.bytes_kept(), most - std::min(most, in_use));
    }
    for (const auto& each : held) pool.give_back(each.block);
    EXPECT_LE(pool.bytes_kept(), most);
  }
}

TEST(BlockPool, WhatItNoLongerKeepsGoesBackToTheSystem) {
  BlockPool pool;
  pool.keep_up_to(200 * kMiB);
  const auto keep_some = [&] {
    const Marked marked{pool.take(150 * kMiB + 1), 7};
    marked.write();
    pool.give_back(marked.block);
    return resident_bytes();
  };
  const int64_t most = int64_t{100 * kMiB};
  const int64_t full = keep_some();
  pool.drop_kept();
  EXPECT_LT(resident_bytes(), full - most);
  EXPECT_EQ(pool.bytes_kept(), 0u);
  const int64_t full_again = keep_some();
  pool.keep_up_to(0);
  EXPECT_LT(resident_bytes(), full_again - most);
  EXPECT_FALSE(pool.keeps_any());
  const MemoryBlock block = pool.take(kMiB);
  pool.give_back(block);
  EXPECT_EQ(pool.bytes_kept(), 0u);
}

TEST(BlockPool, ServesSeveralThreads) {
  BlockPool pool;
  pool.keep_up_to(40 * kMiB);
  std::vector<std::thread> threads;
  std::vector<int> damaged(4);
  for (size_t i = 0; i < damaged.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int step = 0; step < 100; ++step) {
        const Marked marked{pool.take(kMiB + (step % 3) * kMiB), static_cast<uint8_t>(i + 1)};
        marked.write();
        if (!marked.is_whole()) ++damaged[i];
        pool.give_back(marked.block);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(damaged, std::vector<int>(4, 0));
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(BlockPool, TooMuchIsNoBlock) {
  BlockPool pool;
  pool.keep_up_to(kMiB);
  EXPECT_EQ(pool.take(size_t{1} << 47).start, nullptr);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

}  // namespace
}  // namespace multipole
