// multipole doctor: what this machine and this build are, and whether the attention operator computes what it should
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_doctor_command(CLI::App& program, Run& run);

}  // namespace multipole
