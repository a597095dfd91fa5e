#include "datasets/layouts/folds.h"

#include <algorithm>

#include "base/error.h"
#include "datasets/splits/split_names.h"
#include "datasets/splits/stratified_split.h"

namespace multipole {

bool is_cut_into_folds(const SegmentationSplitOptions& options) {
  return options.folds > 0 && (options.split == "train" || options.split == "val");
}

std::vector<std::string> splits_to_fold(const std::vector<std::string>& present) {
  if (!first_present(names_of_split("train"), present)) return present;
  std::vector<std::string> splits;
  for (const auto& name : present) {
    if (name != "test" && name != "testing") splits.push_back(name);
  }
  return splits;
}

FoldPart part_of_folds(size_t count, const SegmentationSplitOptions& options, const std::string& where,
                       const std::string& what) {
  if (static_cast<int64_t>(count) < options.folds) {
    throw ConfigError(where + ": " + std::to_string(count) + " " + what + " cannot be cut into " +
                      std::to_string(options.folds) + " folds");
  }
  // a picture shows several classes: there is none to keep even
  const auto folds = stratified_folds(std::vector<int64_t>(count, 0), options.folds, options.split_seed);
  FoldPart part;
  for (const int64_t fold : folds) part.members.push_back((fold == options.fold - 1) == (options.split == "val"));
  part.text = std::to_string(std::count(part.members.begin(), part.members.end(), true)) + " of " +
              std::to_string(count) + " " + what + " and masks are " + options.split + ", fold " +
              std::to_string(options.fold) + " of " + std::to_string(options.folds) + " being val (seed " +
              std::to_string(options.split_seed) + ")";
  return part;
}

}  // namespace multipole
