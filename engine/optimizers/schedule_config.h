#pragma once

#include <string>
#include <vector>

#include "base/fields.h"

namespace multipole {

struct ScheduleConfig {
  std::string type = "cosine";
  double warmup_epochs = 1;
  double min_lr_ratio = 0.01;
  double power = 0.9;
  std::vector<double> milestones = {0.6, 0.85};
  double gamma = 0.1;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "cosine, poly, step or constant");
    field("warmup_epochs", self.warmup_epochs, "epochs over which the learning rate rises linearly; may be a fraction");
    field("min_lr_ratio", self.min_lr_ratio, "cosine, poly: the last learning rate as a share of the highest");
    field("power", self.power, "poly: exponent; 1 is a straight line");
    field("milestones", self.milestones, "step: shares of the run after which the learning rate drops");
    field("gamma", self.gamma, "step: factor of each drop");
  }
  void validate(const std::string& where) const;
};

}  // namespace multipole
