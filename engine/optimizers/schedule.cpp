#include "engine/optimizers/schedule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace multipole {

void ScheduleConfig::validate(const std::string& where) const {
  const std::array known = {"cosine", "poly", "step", "constant"};
  require(std::find(known.begin(), known.end(), type) != known.end(), where + ".type",
          "must be cosine, poly, step or constant", type);
  require(warmup_epochs >= 0, where + ".warmup_epochs", "must not be negative", warmup_epochs);
  require(min_lr_ratio >= 0 && min_lr_ratio <= 1, where + ".min_lr_ratio", "must be in [0, 1]", min_lr_ratio);
  require(power > 0, where + ".power", "must be positive", power);
  require(gamma > 0 && gamma <= 1, where + ".gamma", "must be above 0 and at most 1", gamma);
  for (const double milestone : milestones) {
    require(milestone > 0 && milestone < 1, where + ".milestones", "must lie between 0 and 1", milestone);
  }
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
  if (config_.type == "step") {
    const double share = static_cast<double>(step) / static_cast<double>(total_steps_);
    const auto drops = std::count_if(config_.milestones.begin(), config_.milestones.end(),
                                     [&](double milestone) { return share >= milestone; });
    return std::pow(config_.gamma, static_cast<double>(drops));
  }
  const double height = config_.type == "poly" ? std::pow(1 - progress, config_.power)
                                               : 0.5 * (1 + std::cos(std::numbers::pi * progress));
  return config_.min_lr_ratio + (1 - config_.min_lr_ratio) * height;
}

}  // namespace multipole
