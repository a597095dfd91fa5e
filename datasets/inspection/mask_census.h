// Reads every picture and mask of a data set once and counts what is there: for `multipole data check`.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "datasets/segmentation/census.h"
#include "datasets/segmentation/segmentation_dataset.h"

namespace multipole {

struct MaskCensus {
  struct Split {
    std::string name;
    std::string description;  // what was taken from where
    SegmentationCensus census;
  };
  struct Pair {
    std::string first, second;  // the pictures' paths
    int distance = 0;           // hash bits that differ
  };

  std::vector<std::string> class_names;
  std::vector<Split> splits;
  std::vector<std::string> unused_masks;  // of no picture
  std::vector<Pair> near_duplicates;      // pictures of different splits that look alike
  int64_t num_flat = 0;                   // pictures too flat to compare
  std::vector<std::string> problems;      // for which training would refuse the data
  bool complete = true;                   // false where `stop` ended it

  int64_t num_bad() const;
  // Whether a class of the list has no pixel in the first split, the one to train on.
  bool lacks_classes() const;
};

struct MaskCensusOptions {
  std::string layout = "auto";
  MaskOptions masks = {};
  DecodeOptions decode = {};
  int64_t num_workers = 2;
};

// `progress` is told how many pictures are done, from any thread, one call at a time. Throws ConfigError where not even
// the splits can be told.
MaskCensus take_mask_census(const std::filesystem::path& path, const MaskCensusOptions& options,
                            const std::function<void(int64_t done, int64_t total)>& progress,
                            const std::atomic<bool>* stop = nullptr);

}  // namespace multipole
