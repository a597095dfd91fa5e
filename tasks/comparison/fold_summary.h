// What the folds of a cross-validation say together.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

// From the folds' report.json, in their order:
//   {"task", "folds", "runs": [names], "scores": {key: {"mean", "deviation", "values"}}}
// deviation is the sample's (divided by n - 1); a fold without a figure is null among the values and left out.
Json fold_summary(const std::vector<Json>& reports);

// One row a fold, then mean and deviation.
std::string text_fold_summary(const std::vector<Json>& reports);

}  // namespace multipole
