// A run that is made longer: what its schedule does then.
#pragma once

#include <cstdint>
#include <string>

#include "engine/optimizers/schedule_config.h"

namespace multipole {

// From `before` to `now` epochs, or steps.
struct Extension {
  int64_t before = 0, now = 0;
};

struct ExtensionPlace {
  int64_t step = 0;             // optimiser steps that are done
  int64_t steps_per_epoch = 1;  // and steps an epoch, or unit of the warm-up
  int64_t steps_before = 1, steps_now = 1;
  double learning_rate = 0;  // configured, which the schedule scales
};

// One sentence: from where to where, and how the learning rate jumps, since the schedule is that of a run which had the
// new length from its start. `unit` is "epochs" or "steps".
std::string extension_note(const Extension& extension, const std::string& unit, const ScheduleConfig& schedule,
                           const ExtensionPlace& place);

}  // namespace multipole
