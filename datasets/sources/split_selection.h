// Which pictures and classes a split of a data source has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/sources/picture_source.h"

namespace multipole {

struct SplitOptions {
  std::string split = "train";                // train, val, test, or the source's own name of a split
  std::vector<std::string> class_names = {};  // a model's classes, in order; empty: the classes of train
  double val_fraction = 0.2;                  // of each class, where a split has to be made
  uint64_t split_seed = 0;
  int64_t folds = 0;  // above 0: train and val are cut into folds for cross-validation, whatever splits there are
  int64_t fold = 1;   // which of them is val, from 1
};

struct LabelledItem {
  PictureItem picture;
  int64_t label = -1;
};

struct SplitSelection {
  std::vector<LabelledItem> items;  // by class, then in the source's order
  std::vector<std::string> class_names;
  std::string description;
  bool has_label_sets = false;  // what stands in class_names are sets of classes (formats/label_set.h)
};

// The split of that name, else the one that stands for it (split_names.h). Without a split for val (or without splits
// at all), train and val are cut from the same pictures: every class is shuffled by split_seed and
// round(val_fraction * n) of it, at least one when there are two or more pictures, go to val. The description says
// which of this happened.
//
// With folds, train and val are cut from all pictures but a test split's: the folds that `multipole data split --folds`
// writes for the same seed.
//
// Of a source with label sets, class_names are those of the options or of train, and then every further set that the
// split has; such sets are no error, and a cut keeps the rarest class of each picture even.
//
// Throws ConfigError, naming what was found, when the source holds no such split or two of one meaning, a class has no
// picture, or a class is not among the known ones. A known class may be absent outside train.
SplitSelection select_split(const PictureSource& source, const SplitOptions& options);

}  // namespace multipole
