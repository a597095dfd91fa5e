// What a segmenter is given that is not trained further from another one, where the user does not say it: settings
// whose defaults are those of models made before there was a choice, or of published ones.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/interface/train_context.h"

namespace multipole {

// - Crops are a part of what a segmenter is shown later, and far levels that no crop had mislead
//   (docs/high_resolution.md): where the backbone is a pyramid with multipole2d attention, its `reach` becomes nominal.
// - Maps of pictures whose sides are no multiple of the coarsest stride stay where their tokens are
//   (docs/high_resolution.md): the head's `resize` becomes stride.
// Returns a line of each that was chosen.
std::vector<std::string> fit_fresh_segmenter(Json& settings, const TrainContext& context);

}  // namespace multipole
