#include "apps/training/task_commands.h"

#include "apps/training/train_command.h"
#include "tasks/registry.h"

namespace multipole {

void add_task_commands(CLI::App& program, Run& run) {
  for (const auto& [name, task] : task_registry().entries()) {
    if (program.get_subcommand_no_throw(name) != nullptr) continue;
    CLI::App* parent = program.add_subcommand(name, task->train_summary());
    parent->require_subcommand(1);
    add_train_command(*parent, run, name, "multipole " + name + " train --data DIR --out runs/first");
  }
}

}  // namespace multipole
