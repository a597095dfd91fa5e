// The program's exit codes, and which error gets which.
#pragma once

#include <exception>
#include <string>

namespace multipole {

enum ExitCode {
  kExitDone = 0,
  kExitFailure = 1,    // internal or training failure
  kExitUsage = 2,      // wrong usage or configuration
  kExitSomeBad = 3,    // done, but some inputs failed
  kExitResources = 4,  // disk, memory, device
  kExitModel = 5,      // model or checkpoint unusable
  kExitSignal = 128,   // plus the signal's number
};

// The code for a failure; kExitFailure for what it does not know.
int exit_code_of(const std::exception& error);

// One or more lines for the user: what() without torch's backtrace, and advice where memory ran out.
std::string message_of(const std::exception& error);

}  // namespace multipole
