#include "apps/output/counted_progress.h"

#include <utility>

namespace multipole {

CountedProgress::CountedProgress(std::string label, bool quiet)
    : label_(std::move(label)), bar_(quiet ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto) {}

void CountedProgress::show(int64_t done, int64_t total) {
  remaining_.update(done, std::chrono::duration<double>(ProgressBar::Clock::now() - start_).count());
  bar_.show(label_, done, total, "", remaining_.seconds_left(total));
}

void CountedProgress::print(const std::string& line) {
  if (!bar_.is_quiet()) bar_.print(line);
}

}  // namespace multipole
