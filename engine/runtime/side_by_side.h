// Items that the CPU threads of a call work on side by side, one thread each, their results taken in order. Threads
// that share an item's layers wait for each other at the end of every layer; threads with items of their own do not.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <c10/core/Device.h>

#include <algorithm>
#include <climits>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace multipole {

// fetch() gives the next item, nothing at the end; it is called by one thread at a time. make(item) gives its result,
// in several threads at once, each of whose torch operations stay in it and have the calling thread's modes (gradients,
// autocast). take(result) gets the results in the order of the items, in the calling thread. At most twice as many
// items as threads are between fetch() and take().
//
// A lone item is made by the calling thread, whose operations may use all threads; so are all where the calling thread
// is one of such threads itself, or alone. What any of the three throws is thrown here: every item before was taken
// then, and no later one is.
template <class Item, class Result>
class SideBySide {
 public:
  using Fetch = std::function<std::optional<Item>()>;
  using Make = std::function<Result(Item&)>;
  using Take = std::function<void(Result)>;

  SideBySide(Fetch fetch, Make make, Take take)
      : fetch_(std::move(fetch)), make_(std::move(make)), take_(std::move(take)) {}

  void run(int most_threads) {
    const int64_t num_threads = at::in_parallel_region() ? 1 : std::min(most_threads, at::get_num_threads());
    if (num_threads > 1 && !has_several()) return;
    if (num_threads == 1) {
      while (auto item = fetch_()) take_(make_(*item));
      return;
    }
    most_under_way_ = 2 * num_threads;
    const at::ThreadLocalState modes;
    at::parallel_for(0, num_threads, 1, [&](int64_t first, int64_t) {
      if (first == 0) return lead();
      const at::ThreadLocalStateGuard guard(modes);
      help();
    });
  }

 private:
  struct Outcome {
    std::optional<Result> result;
    std::exception_ptr error;
  };
  enum class Step { kMade, kNoRoom, kEnded };

  // Looks for a second item; a lone one is done.
  bool has_several() {
    auto first = fetch_();
    if (!first) return false;
    std::exception_ptr error;
    std::optional<Item> second = fetch_or(error);
    if (second) {
      ahead_.push_back(std::move(*first));
      ahead_.push_back(std::move(*second));
      return true;
    }
    take_(make_(*first));
    if (error) std::rethrow_exception(error);
    return false;
  }

  // fetch_(), nothing where it throws.
  std::optional<Item> fetch_or(std::exception_ptr& error) {
    try {
      return fetch_();
    } catch (...) {
      error = std::current_exception();
      return std::nullopt;
    }
  }

  std::optional<Item> next_item(std::exception_ptr& error) {
    if (ahead_.empty()) return fetch_or(error);
    std::optional<Item> item(std::move(ahead_.front()));
    ahead_.pop_front();
    return item;
  }

  // Makes the next item.
  Step step() {
    std::unique_lock turn(fetching_);
    int64_t ticket = 0;
    {
      const std::lock_guard lock(mutex_);
      if (ended_) return Step::kEnded;
      if (next_fetched_ >= next_taken_ + most_under_way_) return Step::kNoRoom;
      ticket = next_fetched_;
    }
    Outcome outcome;
    std::optional<Item> item = next_item(outcome.error);
    {
      const std::lock_guard lock(mutex_);
      ended_ = ended_ || !item;
      if (item || outcome.error) ++next_fetched_;
    }
    turn.unlock();
    if (item) {
      try {
        outcome.result.emplace(make_(*item));
      } catch (...) {
        outcome.error = std::current_exception();
      }
    }
    {
      const std::lock_guard lock(mutex_);
      ended_ = ended_ || outcome.error;
      if (item || outcome.error) outcomes_.emplace(ticket, std::move(outcome));
    }
    changed_.notify_all();
    return Step::kMade;
  }

  // The calling thread: takes what is ready, and makes items meanwhile.
  void lead() {
    try {
      while (true) {
        std::unique_lock lock(mutex_);
        if (outcomes_.contains(next_taken_)) {
          Outcome outcome = std::move(outcomes_.extract(next_taken_++).mapped());
          lock.unlock();
          changed_.notify_all();
          if (outcome.error) std::rethrow_exception(outcome.error);
          take_(std::move(*outcome.result));
          continue;
        }
        lock.unlock();
        if (step() == Step::kMade) continue;
        lock.lock();
        const auto all_taken = [&] { return ended_ && next_taken_ == next_fetched_; };
        changed_.wait(lock, [&] { return outcomes_.contains(next_taken_) || all_taken(); });
        if (all_taken()) return;
      }
    } catch (...) {
      {
        const std::lock_guard lock(mutex_);
        ended_ = true;
      }
      changed_.notify_all();
      throw;
    }
  }

  void help() {
    while (true) {
      const Step done = step();
      if (done == Step::kEnded) return;
      if (done == Step::kMade) continue;
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ended_ || next_fetched_ < next_taken_ + most_under_way_; });
    }
  }

  Fetch fetch_;
  Make make_;
  Take take_;
  std::deque<Item> ahead_;
  int64_t most_under_way_ = 1;

  std::mutex fetching_;  // held from an item's turn on until it is fetched: items come in the order of their tickets
  std::mutex mutex_;     // of what follows
  std::condition_variable changed_;
  int64_t next_fetched_ = 0, next_taken_ = 0;
  bool ended_ = false;  // nothing more is fetched
  std::map<int64_t, Outcome> outcomes_;
};

// How many items of a device are to be computed at once, at most: another one than the CPU takes them in turn.
inline int most_at_once(const c10::Device& device) { return device.is_cpu() ? INT_MAX : 1; }

template <class Item, class Result>
void side_by_side(typename SideBySide<Item, Result>::Fetch fetch, typename SideBySide<Item, Result>::Make make,
                  typename SideBySide<Item, Result>::Take take, int most_threads = INT_MAX) {
  SideBySide<Item, Result>(std::move(fetch), std::move(make), std::move(take)).run(most_threads);
}

// Of the items 0 .. count - 1.
template <class Result>
void side_by_side(int64_t count, typename SideBySide<int64_t, Result>::Make make,
                  typename SideBySide<int64_t, Result>::Take take, int most_threads = INT_MAX) {
  const auto fetch = [next = int64_t{0}, count]() mutable {
    return next < count ? std::optional<int64_t>(next++) : std::nullopt;
  };
  side_by_side<int64_t, Result>(fetch, std::move(make), std::move(take), most_threads);
}

}  // namespace multipole
