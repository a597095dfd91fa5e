#include "engine/training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace multipole {

void ScheduleConfig::validate(const std::string& where) const {
  require(type == "cosine" || type == "constant", where + ".type", "must be cosine or constant", type);
  require(warmup_epochs >= 0, where + ".warmup_epochs", "must not be negative", warmup_epochs);
  require(min_lr_ratio >= 0 && min_lr_ratio <= 1, where + ".min_lr_ratio", "must be in [0, 1]", min_lr_ratio);
}

Schedule::Schedule(const ScheduleConfig& config, int64_t total_steps, int64_t steps_per_epoch)
    : config_(config),
      total_steps_(total_steps),
      warmup_steps_(std::min<int64_t>(total_steps - 1,
                                      std::llround(config.warmup_epochs * static_cast<double>(steps_per_epoch)))) {}

double Schedule::factor(int64_t step) const {
  if (step < warmup_steps_) return static_cast<double>(step + 1) / static_cast<double>(warmup_steps_ + 1);
  if (config_.type == "constant") return 1.0;
  const auto length = static_cast<double>(std::max<int64_t>(1, total_steps_ - 1 - warmup_steps_));
  const double progress = std::min(1.0, static_cast<double>(step - warmup_steps_) / length);
  return config_.min_lr_ratio + (1 - config_.min_lr_ratio) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
}

}  // namespace multipole
