// Shares of counts, where a share of nothing is no number.
#pragma once

#include <cmath>
#include <limits>

#include "base/json.h"

namespace multipole {

inline double share(double part, double whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN() : part / whole;
}

inline Json number_or_null(double value) { return std::isnan(value) ? Json(nullptr) : Json(value); }

}  // namespace multipole
