// What a segmentation training adds to the settings that the user gave: what the pictures and the machine allow.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "tasks/interface/task.h"

namespace multipole {

// Tokens, crop and batch where they are open, so that a step takes about two seconds and a picture no more than
// `most_picture_seconds`: timed at a small crop, counted from there (segment_sizing.h). Returns a line a choice.
std::vector<std::string> fit_to_machine(Json& settings, const Task& task, const TrainContext& context,
                                        double most_picture_seconds = std::numeric_limits<double>::infinity());

}  // namespace multipole
