#include "tasks/segmentation/prediction/memory_budget.h"

namespace multipole {

double MemoryBudget::held_by_others(const std::function<double()>& measure) {
  const std::lock_guard lock(mutex_);
  if (num_shares_ == 0) held_ = measure();
  return held_;
}

MemoryBudget::Share MemoryBudget::take(double bytes, double room) {
  std::unique_lock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  changed_.wait(lock, [&] { return ticket == next_served_ && (num_shares_ == 0 || taken_ + bytes <= room); });
  ++next_served_;
  ++num_shares_;
  taken_ += bytes;
  changed_.notify_all();
  return {*this, bytes};
}

void MemoryBudget::give_back(double bytes) {
  const std::lock_guard lock(mutex_);
  taken_ = --num_shares_ == 0 ? 0 : taken_ - bytes;  // no rounding is carried on
  changed_.notify_all();
}

}  // namespace multipole
