#include "engine/bench/timing.h"

#include <algorithm>
#include <chrono>

namespace multipole {
namespace {

double seconds_of(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Timing time_calls(const std::function<void()>& run, const TimingOptions& options) {
  const double first = seconds_of(run);
  if (first > 10 * options.seconds) return {first, first, 1};
  std::vector<double> times;
  double total = 0;
  do {
    times.push_back(seconds_of(run));
    total += times.back();
    if (first > options.seconds) break;
  } while (static_cast<int64_t>(times.size()) < options.max_runs &&
           (total < options.seconds || static_cast<int64_t>(times.size()) < options.min_runs));
  return {*std::min_element(times.begin(), times.end()), median(times), static_cast<int64_t>(times.size())};
}

}  // namespace multipole
