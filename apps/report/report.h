// multipole report
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_report_command(CLI::App& program, Run& run);

}  // namespace multipole
