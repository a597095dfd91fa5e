// A limit of memory that calls which run at once share.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace multipole {

class MemoryBudget {
 public:
  // Bytes that a call has; it gives them back when it is destroyed.
  class Share {
   public:
    Share(MemoryBudget& budget, double bytes) : budget_(budget), bytes_(bytes) {}
    ~Share() { budget_.give_back(bytes_); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    MemoryBudget& budget_;
    double bytes_;
  };

  // What measure() says while no call has a share; what it said last while one has.
  double held_by_others(const std::function<double()>& measure);

  // Waits until all shares together stay within `room`, or until there is no other: a call that needs more than there
  // is runs alone. Calls get theirs in the order in which they ask.
  Share take(double bytes, double room);

 private:
  void give_back(double bytes);

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t next_ticket_ = 0, next_served_ = 0;
  int64_t num_shares_ = 0;
  double taken_ = 0, held_ = 0;
};

}  // namespace multipole
