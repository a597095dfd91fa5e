// What this process takes of the machine's memory.
#pragma once

#include <cstdint>

namespace multipole {

// Bytes resident now, and the most that ever were.
int64_t resident_bytes();
int64_t peak_resident_bytes();

// Bytes that the process may still take: what the machine has available, and what its control group leaves.
int64_t spare_bytes();

}  // namespace multipole
