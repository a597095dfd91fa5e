#include "apps/output/progress_bar.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/text.h"

namespace multipole {
namespace {

constexpr double kRateMemory = 0.9;
constexpr double kTerminalSeconds = 0.1;
constexpr int64_t kMinBarWidth = 5;
constexpr int64_t kMaxBarWidth = 30;

int64_t terminal_width() {
  winsize size = {};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

double seconds_between(ProgressBar::Clock::time_point from, ProgressBar::Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// "12/40  detail  left 0:31"
std::string progress_text(int64_t done, int64_t total, const std::string& detail, double seconds_left) {
  std::string text = std::to_string(done) + "/" + std::to_string(total);
  if (!detail.empty()) text.append("  ").append(detail);
  if (!std::isnan(seconds_left)) text.append("  left ").append(clock_time(seconds_left));
  return text;
}

}  // namespace

void RemainingTime::update(int64_t done, double seconds) {
  if (done_ >= 0 && done > done_) {
    const double sample = (seconds - seconds_) / static_cast<double>(done - done_);
    seconds_per_unit_ = seconds_per_unit_ == 0 ? sample : kRateMemory * seconds_per_unit_ + (1 - kRateMemory) * sample;
  }
  done_ = done;
  seconds_ = seconds;
}

double RemainingTime::seconds_left(int64_t total) const {
  if (seconds_per_unit_ == 0) return std::nan("");
  return seconds_per_unit_ * static_cast<double>(std::max<int64_t>(0, total - done_));
}

std::string bar_line(const std::string& label, int64_t done, int64_t total, const std::string& detail,
                     double seconds_left, int64_t width) {
  const std::string tail = progress_text(done, total, detail, seconds_left);
  // one column stays free: some terminals wrap after the last one; the other four are "[", "]" and two spaces
  const int64_t room = width - 1 - static_cast<int64_t>(label.size() + tail.size()) - 4;
  const int64_t cells = std::min(kMaxBarWidth, room);
  std::string line = label + " ";
  if (cells >= kMinBarWidth) {
    const int64_t filled = total > 0 ? std::clamp<int64_t>(cells * done / total, 0, cells) : 0;
    std::string bar(static_cast<size_t>(filled), '=');
    if (filled < cells) bar += '>';
    line += "[";
    line += pad_right(bar, static_cast<size_t>(cells));
    line += "] ";
  }
  line += tail;
  return line.substr(0, static_cast<size_t>(std::max<int64_t>(1, width - 1)));
}

ProgressBar::ProgressBar(Mode mode, double plain_seconds)
    : mode_(mode), terminal_(mode == Mode::kAuto && ::isatty(STDERR_FILENO) == 1), plain_seconds_(plain_seconds) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::show(const std::string& label, int64_t done, int64_t total, const std::string& detail,
                       double seconds_left, bool now) {
  if (mode_ == Mode::kQuiet) return;
  const auto time = Clock::now();
  const double since = seconds_between(last_shown_, time);
  if (terminal_ ? since < kTerminalSeconds && done < total : since < plain_seconds_ && !now) return;
  last_shown_ = time;
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", bar_line(label, done, total, detail, seconds_left, terminal_width()).c_str());
    drawn_ = true;
  } else {
    std::fprintf(stderr, "%s %s\n", label.c_str(), progress_text(done, total, detail, seconds_left).c_str());
  }
}

void ProgressBar::print(const std::string& line) {
  clear();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void ProgressBar::clear() {
  if (drawn_) std::fprintf(stderr, "\r\033[K");
  drawn_ = false;
}

}  // namespace multipole
