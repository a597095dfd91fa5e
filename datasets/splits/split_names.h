// What folders and manifests call their splits. Names of train, val and test count in any case and by their usual
// synonyms; every reader of splits goes by these functions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace multipole {

// train, val or test, where `name` stands for one: train, training; val, valid, validation, dev; test, testing; in any
// case. Else "".
std::string meaning_of_split(const std::string& name);

// The splits that are taken for `split`, best first: train for train; val, then test for val; test, then val for test;
// for other names of these three the same. Any other split: none.
std::vector<std::string> names_of_split(const std::string& split);

// Whether one of these folders stands for a split, so that all of them are splits and not classes. The only one of such
// a name is a class like those beside it where it holds no folders: `Train` beside `Bus`.
bool are_splits(const std::vector<std::string>& names, const std::function<bool(const std::string&)>& holds_folders);

// The name in `present` that stands for the first of `wanted` that is there. Other names than those of train, val and
// test have to be there as they stand. Throws ConfigError, which begins with `where`, where two stand for one split.
std::optional<std::string> first_present(const std::vector<std::string>& wanted,
                                         const std::vector<std::string>& present, const std::string& where = "");

}  // namespace multipole
