// What --init, --recipe and a run that goes on put below the user's own settings.
#pragma once

#include <string>
#include <vector>

#include "apps/arguments/run_settings.h"
#include "tasks/interface/task.h"

namespace multipole {

// `given` are the user's settings. Throws ModelFileError for an --init that cannot be read.
TrainContext train_context(const RunSettings& run, const Json& given);

// Fills in what `settings` leave open: by the recipe where `minutes` is given, else by the model of --init, and then by
// the data and the machine. Returns the choices with their reasons, one a line. Throws what opening the data throws.
std::vector<std::string> complete_settings(Json& settings, const Task& task, const TrainContext& context,
                                           const std::optional<double>& minutes);

}  // namespace multipole
