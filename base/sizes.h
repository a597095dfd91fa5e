// The bounds of sizes in a config.
#pragma once

#include <cstdint>
#include <string>

#include "base/fields.h"

namespace multipole {

// Sizes beyond this are slips; they would end as overflow or as a failed allocation far from the cause.
inline constexpr int64_t kLargestSize = 1 << 16;

inline void require_size(int64_t value, const std::string& where) {
  require(value >= 1 && value <= kLargestSize, where, "must be from 1 to 65536", value);
}

}  // namespace multipole
