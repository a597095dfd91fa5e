// What a finished adaptation says of itself.
#pragma once

#include <filesystem>

#include "base/json.h"
#include "engine/observers/train_observer.h"

namespace multipole {

// Writes RUN/report.json and RUN/report.html from the run's log. "metrics" has the figures of the best epoch
// (AdaptTask), the stored model's; "before" those of the swap before its first step, of the same names. "improved" says
// whether the patch cosine rose, a warning that it did not. `data` is the fingerprint, `config` the resolved one.
void report_adaptation(const std::filesystem::path& run, const Json& data, const Json& config, TrainObserver& observer);

}  // namespace multipole
