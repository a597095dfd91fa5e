// The command `train` of any task: options, recipe, folds, range test, the training itself.
#pragma once

#include <memory>
#include <string>

#include "apps/arguments/command.h"
#include "apps/training/trained_task.h"

namespace multipole {

void add_train_command(CLI::App& parent, Run& run, const std::shared_ptr<TrainedTask>& task,
                       const std::string& description, const std::string& example);

}  // namespace multipole
