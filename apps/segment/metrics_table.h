// The result of `segment eval` for people.
#pragma once

#include <string>

#include "base/json.h"

namespace multipole {

// From {"samples", "miou", "pixel_accuracy", "mean_accuracy", "mean_dice", "per_class", and perhaps "boundary_f"};
// "n/a" stands for null.
std::string metrics_table(const Json& result);

}  // namespace multipole
