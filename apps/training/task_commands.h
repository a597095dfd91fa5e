// Commands of the tasks that have none of their own: `multipole TASK train`.
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

// After the others: for each registered task whose name is no command of `program` yet.
void add_task_commands(CLI::App& program, Run& run);

}  // namespace multipole
