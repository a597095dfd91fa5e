// Several pictures, each with its own failure.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/runtime/side_by_side.h"
#include "tasks/segmentation/prediction/own_failure.h"
#include "tasks/segmentation/prediction/picture_runs.h"

namespace multipole {

// predict(0) to predict(count - 1), a thread each but for large ones, which are done alone; where one throws what is
// its own failure, its result has the error and nothing else. most_threads: as of side_by_side().
template <class Result, class Predict>
std::vector<Result> each_picture(size_t count, const PictureRuns::Test& is_large, int most_threads,
                                 const Predict& predict) {
  std::vector<Result> results;
  const auto make = [&](size_t& index) {
    try {
      return predict(index);
    } catch (const Error& error) {
      if (!is_own_failure(error)) throw;
      Result failed;
      failed.error = error.what();
      return failed;
    }
  };
  PictureRuns runs(count, is_large);
  while (runs.start()) {
    side_by_side<size_t, Result>([&] { return runs.next(); }, make,
                                 [&](Result result) { results.push_back(std::move(result)); }, most_threads);
  }
  return results;
}

}  // namespace multipole
