// The learning rate over a run, as a factor of the configured one.
#pragma once

#include <cstdint>

#include "engine/optimizers/schedule_config.h"

namespace multipole {

class Schedule {
 public:
  // total_steps and steps_per_epoch count optimiser steps, both at least 1.
  Schedule(const ScheduleConfig& config, int64_t total_steps, int64_t steps_per_epoch);

  // In (0, 1] for step in [0, total_steps) where min_lr_ratio is above 0. Warm-up rises linearly and reaches 1 at its
  // end; then, with t from 0 to 1, cosine follows min + (1 - min) (1 + cos(pi t)) / 2 (Loshchilov and Hutter, arXiv
  // 1608.03983, equation 5) and poly min + (1 - min) (1 - t)^power, so that their last step has min_lr_ratio. Step is
  // gamma to the number of milestones that are behind, as shares of all steps. Constant stays at 1.
  double factor(int64_t step) const;

  int64_t warmup_steps() const { return warmup_steps_; }

 private:
  ScheduleConfig config_;
  int64_t total_steps_;
  int64_t warmup_steps_;
};

}  // namespace multipole
