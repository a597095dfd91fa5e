// The progress bar of a command that works through a known number of pictures.
#pragma once

#include <cstdint>
#include <string>

#include "apps/output/progress_bar.h"

namespace multipole {

class CountedProgress {
 public:
  CountedProgress(std::string label, bool quiet);

  void show(int64_t done, int64_t total);
  // A line of its own; nothing when quiet.
  void print(const std::string& line);
  void clear() { bar_.clear(); }

 private:
  std::string label_;
  ProgressBar bar_;
  RemainingTime remaining_;
  ProgressBar::Clock::time_point start_ = ProgressBar::Clock::now();
};

}  // namespace multipole
