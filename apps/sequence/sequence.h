// multipole sequence train|eval|sample
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_sequence_commands(CLI::App& program, Run& run);
void add_sequence_train(CLI::App& parent, Run& run);
void add_sequence_eval(CLI::App& parent, Run& run);
void add_sequence_sample(CLI::App& parent, Run& run);

}  // namespace multipole
