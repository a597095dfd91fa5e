// One picture after another, each with its own failure.
#pragma once

#include <cstddef>
#include <vector>

#include "base/error.h"
#include "tasks/segmentation/prediction/own_failure.h"

namespace multipole {

// predict(0) to predict(count - 1); where one throws what is its own failure, its result has the error and nothing
// else.
template <class Result, class Predict>
std::vector<Result> each_picture(size_t count, const Predict& predict) {
  std::vector<Result> results(count);
  for (size_t i = 0; i < count; ++i) {
    try {
      results[i] = predict(i);
    } catch (const Error& error) {
      if (!is_own_failure(error)) throw;
      results[i].error = error.what();
    }
  }
  return results;
}

}  // namespace multipole
