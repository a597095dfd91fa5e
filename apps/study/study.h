// multipole study
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_study_command(CLI::App& program, Run& run);

}  // namespace multipole
