#pragma once

#include <string>

#include "base/json.h"

namespace multipole {

// The first of a segmentation's settings that means something for a training by steps alone, which a probe would pass
// over in silence: "train.epochs"; "" where there is none.
std::string segment_setting_of_training(const Json& settings);

}  // namespace multipole
