// multipole data check | pack | split | synth
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_data_commands(CLI::App& program, Run& run);
void add_data_check(CLI::App& parent, Run& run);
void add_data_pack(CLI::App& parent, Run& run);
void add_data_split(CLI::App& parent, Run& run);
void add_data_synth(CLI::App& parent, Run& run);

}  // namespace multipole
