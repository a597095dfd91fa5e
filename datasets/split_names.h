// What folders and manifests call their splits.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace multipole {

// Names that stand for `split`, best first: train: train, training; val: val, valid, validation, dev, then test,
// testing; test: test, testing, then those of val. Any other split: none.
std::vector<std::string> names_of_split(const std::string& split);

// Whether one of `names` stands for a split, so that all of them are splits and not classes.
bool are_splits(const std::vector<std::string>& names);

// The first of `wanted` that is in `present`.
std::optional<std::string> first_present(const std::vector<std::string>& wanted,
                                         const std::vector<std::string>& present);

}  // namespace multipole
