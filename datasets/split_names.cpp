#include "datasets/split_names.h"

#include <algorithm>

namespace multipole {

std::vector<std::string> names_of_split(const std::string& split) {
  static const std::vector<std::string> kTrain = {"train", "training"};
  static const std::vector<std::string> kVal = {"val", "valid", "validation", "dev", "test", "testing"};
  static const std::vector<std::string> kTest = {"test", "testing", "val", "valid", "validation", "dev"};
  if (split == "train") return kTrain;
  if (split == "val") return kVal;
  if (split == "test") return kTest;
  return {};
}

bool are_splits(const std::vector<std::string>& names) {
  return first_present(names_of_split("train"), names) || first_present(names_of_split("val"), names);
}

std::optional<std::string> first_present(const std::vector<std::string>& wanted,
                                         const std::vector<std::string>& present) {
  for (const auto& name : wanted) {
    if (std::find(present.begin(), present.end(), name) != present.end()) return name;
  }
  return std::nullopt;
}

}  // namespace multipole
