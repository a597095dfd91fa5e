// How a moving average of the weights is kept.
#pragma once

#include <string>

#include "base/fields.h"

namespace multipole {

struct EmaConfig {
  bool enabled = true;
  double decay = 0.999;
  bool warmup = true;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("enabled", self.enabled,
          "keep an exponential moving average of the weights; it is what is evaluated and saved");
    field("decay", self.decay, "share of the average that a step keeps");
    field("warmup", self.warmup, "smaller decay at the start: min(decay, (1 + step) / (10 + step))");
  }
  void validate(const std::string& where) const;
};

}  // namespace multipole
