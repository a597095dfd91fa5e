#pragma once

#include <string>

namespace multipole {

// The command line of this process as a shell would take it again, for a model's record of how it came about; "" where
// the system does not tell (/proc).
std::string process_command();

}  // namespace multipole
