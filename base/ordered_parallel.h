// Work on the items 0 .. count - 1 by several threads, its results taken one by one in order.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace multipole {

// `make(index)` runs in the workers, `take(index, result)` in the caller's thread. At most a few results a worker wait
// to be taken, so that memory stays bounded. `take` returns false to stop early. What either throws is thrown here,
// after the workers have ended.
template <class Result>
void ordered_parallel(int64_t count, int64_t num_workers, const std::function<Result(int64_t)>& make,
                      const std::function<bool(int64_t, Result)>& take) {
  struct Outcome {
    std::optional<Result> result;
    std::exception_ptr error;
  };
  std::mutex mutex;
  std::condition_variable room, ready;
  std::map<int64_t, Outcome> outcomes;
  int64_t next_made = 0, next_taken = 0;
  bool stopped = false;
  const int64_t window = 4 * std::max<int64_t>(1, num_workers);

  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (true) {
      room.wait(lock, [&] { return stopped || next_made >= count || next_made < next_taken + window; });
      if (stopped || next_made >= count) return;
      const int64_t index = next_made++;
      lock.unlock();
      Outcome outcome;
      try {
        outcome.result = make(index);
      } catch (...) {
        outcome.error = std::current_exception();
      }
      lock.lock();
      outcomes.emplace(index, std::move(outcome));
      ready.notify_one();
    }
  };
  const auto stop = [&] {
    {
      const std::lock_guard lock(mutex);
      stopped = true;
    }
    room.notify_all();
  };

  std::vector<std::jthread> workers;
  for (int64_t i = 0; i < std::max<int64_t>(1, num_workers); ++i) workers.emplace_back(work);
  try {
    for (int64_t index = 0; index < count; ++index) {
      std::unique_lock lock(mutex);
      ready.wait(lock, [&] { return outcomes.contains(index); });
      Outcome outcome = std::move(outcomes.extract(index).mapped());
      next_taken = index + 1;
      lock.unlock();
      room.notify_all();
      if (outcome.error) std::rethrow_exception(outcome.error);
      if (!take(index, std::move(*outcome.result))) break;
    }
  } catch (...) {
    stop();
    throw;
  }
  stop();
}

}  // namespace multipole
