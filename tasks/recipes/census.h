// What a data set is like before anything is trained on it: how many pictures of which class, how large, how coloured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/dataset.h"

namespace multipole {

struct TrainingCensus {
  std::vector<std::string> class_names;
  std::vector<int64_t> class_counts;  // pictures of each class
  int64_t pictures = 0;

  // of the pictures that were looked at
  int64_t measured = 0;
  int64_t unreadable = 0;
  int64_t smallest_side = 0, median_side = 0, largest_side = 0;  // of their shorter sides, in pixels
  double gray_share = 0;                                         // share of them without any colour

  int64_t largest_class() const;
  int64_t smallest_class() const;  // that has pictures at all
  double imbalance() const;        // largest_class() / smallest_class(); 1 where there are no pictures
  Json to_json() const;
};

// Counts all `labels` and looks at up to `max_measured` pictures, spread evenly. Unreadable ones are counted, no error.
TrainingCensus take_census(const Dataset& pictures, const std::vector<int64_t>& labels,
                           const std::vector<std::string>& class_names, int64_t max_measured = 64);

}  // namespace multipole
