// multipole inspect MODEL, or inspect --attention HxW: a drawing of what a token attends to
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_inspect_command(CLI::App& program, Run& run);

}  // namespace multipole
