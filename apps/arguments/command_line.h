// Parses the command line and runs the command that it names.
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

// The command's exit code; 0 after --help and --version; 2 after a wrong command line or one that names no command,
// with the usage on standard error. What the command throws passes through.
int parse_and_run(CLI::App& program, const Run& run, int argc, const char* const* argv);

}  // namespace multipole
