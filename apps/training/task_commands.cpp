#include "apps/training/task_commands.h"

#include "apps/training/train_command.h"
#include "tasks/registry.h"

namespace multipole {

void add_task_commands(CLI::App& program, Run& run) {
  for (const auto& [name, task] : task_registry().entries()) {
    const auto has_name = [&name = name](const CLI::App* command) { return command->get_name() == name; };
    if (!program.get_subcommands(has_name).empty()) continue;
    CLI::App* parent = program.add_subcommand(name, task->train_summary());
    parent->require_subcommand(1);
    add_train_command(*parent, run, name, "multipole " + name + " train --data DIR --out runs/first");
  }
}

}  // namespace multipole
