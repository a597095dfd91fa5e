// Several classes of one picture written as one label, the way a manifest's column `labels` holds them: "cat;dog", and
// "" for a picture that shows none of the classes. Code that asks nothing of classes but to tell them apart (caches,
// mixing, cuts) handles such a set as it handles a class.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace multipole {

inline constexpr char kClassSeparator = ';';

// The classes of a set in byte order, each once, without spaces around them. Throws ConfigError where a name between
// separators is empty.
std::vector<std::string> classes_of_set(const std::string& label_set);

// The one way to write these classes: sorted, each once, no spaces.
std::string label_set_of(const std::vector<std::string>& class_names);

// Every class of any of the sets, in byte order.
std::vector<std::string> classes_of_sets(const std::vector<std::string>& label_sets);

// What a seeded cut keeps even where samples have several classes: for each of the `labels`, which are places in
// `label_sets`, the place in classes_of_sets() of its rarest class, the first of equals; the number of classes where it
// has none.
std::vector<int64_t> rarest_classes(const std::vector<int64_t>& labels, const std::vector<std::string>& label_sets);

// A sentence where names that are taken as one class each look like sets, else "".
std::string separator_note(const std::vector<std::string>& class_names);

}  // namespace multipole
