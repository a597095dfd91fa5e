// Wall-clock times of repeated calls.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace multipole {

struct TimingOptions {
  double seconds = 1;  // repeat for at least so long
  int64_t min_runs = 5;
  int64_t max_runs = 1000;
};

// Seconds a call, over `runs` calls.
struct Timing {
  double minimum = 0, median = 0;
  int64_t runs = 0;
};

// The middle value, or the mean of the two in the middle; 0 for none.
double median(std::vector<double> values);

// Calls `run` once to warm up (threads, caches, code generated on the first call), then until both min_runs and seconds
// are reached, or max_runs. A call that takes longer than all the seconds is repeated once; one that takes ten times as
// long is not repeated at all: warming up is nothing beside it.
Timing time_calls(const std::function<void()>& run, const TimingOptions& options);

}  // namespace multipole
