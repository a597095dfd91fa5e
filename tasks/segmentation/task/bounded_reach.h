// How far a token sees in pictures larger than the crops of a training.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/interface/train_context.h"

namespace multipole {

// Crops are a part of what a segmenter is shown later, and far levels that no crop had mislead
// (docs/high_resolution.md): where the backbone is a pyramid with multipole2d attention, its `reach` becomes nominal.
// Left as it is where the user says it, and where a segmenter is trained further. Returns a line of what was chosen.
std::vector<std::string> bound_reach(Json& settings, const TrainContext& context);

}  // namespace multipole
