// multipole distill train
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_distill_commands(CLI::App& program, Run& run);

}  // namespace multipole
