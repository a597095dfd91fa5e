// What a finished distillation says of itself.
#pragma once

#include <filesystem>

#include "base/json.h"
#include "engine/observers/train_observer.h"

namespace multipole {

// Writes RUN/report.json and RUN/report.html from the run's log: "metrics" has those of the best epoch (DistillTask).
// `data` is the fingerprint, `config` the resolved one.
void report_distillation(const std::filesystem::path& run, const Json& data, const Json& config,
                         TrainObserver& observer);

}  // namespace multipole
