// Cross-validation of pictures with masks: which of them are train and which val.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "datasets/layouts/layout.h"

namespace multipole {

// Whether `options` ask for a part of folds and not for a split as the data have it.
bool is_cut_into_folds(const SegmentationSplitOptions& options);

// Of the splits that there are those whose pictures are cut: all, but not a test split beside one for training.
std::vector<std::string> splits_to_fold(const std::vector<std::string>& present);

struct FoldPart {
  std::vector<bool> members;  // which of the pictures
  std::string text;           // "24 of 36 pictures and masks are train, fold 1 of 3 being val (seed 0)"
};

// The part of `count` pictures, or of whatever `what` names, which are shuffled by the seed and dealt out. Throws
// ConfigError, naming `where`, for fewer of them than folds.
FoldPart part_of_folds(size_t count, const SegmentationSplitOptions& options, const std::string& where,
                       const std::string& what = "pictures");

}  // namespace multipole
