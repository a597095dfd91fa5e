// Numbers of floating-point operations, for people.
#pragma once

#include <string>

namespace multipole {

// "6.02 PFLOP", "431 GFLOP": three digits that count; "n/a" where it is not finite.
std::string flops_text(double flops);

}  // namespace multipole
