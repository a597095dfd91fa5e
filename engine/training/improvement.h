// When a model is the best so far.
#pragma once

#include <cmath>
#include <optional>

namespace multipole {

// More is better, and what is not a finite number is no score: a model that has none is never kept, not even as the
// first. (Where less is better, give both with a minus sign.)
inline bool is_improvement(double score, const std::optional<double>& best) {
  return std::isfinite(score) && (!best || score > *best);
}

}  // namespace multipole
