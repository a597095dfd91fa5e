#pragma once

#include <string>

#include "backbone/config/fields.h"

namespace multipole {

struct ScheduleConfig {
  std::string type = "cosine";
  double warmup_epochs = 1;
  double min_lr_ratio = 0.01;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "cosine or constant");
    field("warmup_epochs", self.warmup_epochs, "epochs over which the learning rate rises linearly; may be a fraction");
    field("min_lr_ratio", self.min_lr_ratio, "the last learning rate as a share of the highest");
  }
  void validate(const std::string& where) const;
};

}  // namespace multipole
