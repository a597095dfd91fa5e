// Progress on standard error: one line that is redrawn on a terminal, a plain line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace multipole {

// Seconds that remain, from an exponential average of the time a unit of work took: it follows a machine that slows
// down, and does not jump with every step.
class RemainingTime {
 public:
  // `done` of `total` units are done after `seconds`.
  void update(int64_t done, double seconds);
  double seconds_left(int64_t total) const;

 private:
  int64_t done_ = -1;
  double seconds_ = 0;
  double seconds_per_unit_ = 0;
};

class ProgressBar {
 public:
  using Clock = std::chrono::steady_clock;

  enum class Mode { kAuto, kQuiet };

  // Plain lines come at most every `plain_seconds`.
  explicit ProgressBar(Mode mode = Mode::kAuto, double plain_seconds = 30);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Shows `label`, `done` of `total`, `detail` and the time left (NaN where unknown).
  // `now` forces a plain line.
  void show(const std::string& label, int64_t done, int64_t total, const std::string& detail, double seconds_left,
            bool now = false);

  // A line of its own above the bar.
  void print(const std::string& line);

  bool is_quiet() const { return mode_ == Mode::kQuiet; }

  // Takes the bar off the terminal.
  void clear();

 private:
  Mode mode_;
  bool terminal_;
  double plain_seconds_;
  bool drawn_ = false;
  Clock::time_point last_shown_;
};

// The bar's text in `width` columns: "label [====>    ] 12/40  detail  left 0:31". Exposed for tests.
std::string bar_line(const std::string& label, int64_t done, int64_t total, const std::string& detail,
                     double seconds_left, int64_t width);

}  // namespace multipole
