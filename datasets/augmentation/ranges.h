// Checks that several augmentation configs share.
#pragma once

#include <string>
#include <vector>

#include "base/fields.h"

namespace multipole {

inline void require_probability(double value, const std::string& where) {
  require(value >= 0.0 && value <= 1.0, where, "must be from 0 to 1", value);
}

// Two positive numbers, smallest first.
inline void require_range(const std::vector<double>& range, const std::string& where) {
  require(range.size() == 2 && range[0] > 0.0 && range[0] <= range[1], where,
          "must be two positive numbers, the smaller first", range);
}

}  // namespace multipole
