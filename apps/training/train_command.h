// The command `train` of any task: options, recipe, folds, range test, the training itself.
#pragma once

#include <memory>
#include <string>

#include "apps/arguments/command.h"
#include "apps/training/task_options.h"

namespace multipole {

// `task`: its name in the registry (tasks/registry.h).
void add_train_command(CLI::App& parent, Run& run, const std::string& task, const std::string& example,
                       const std::shared_ptr<TaskOptions>& options = std::make_shared<TaskOptions>());

}  // namespace multipole
