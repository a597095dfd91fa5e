#include "datasets/formats/label_set.h"

#include <algorithm>
#include <set>

#include "base/error.h"

namespace multipole {

namespace {

constexpr const char* kSpaces = " \t";

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(kSpaces);
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

}  // namespace

std::vector<std::string> classes_of_set(const std::string& label_set) {
  std::set<std::string> names;
  if (trimmed(label_set).empty()) return {};
  for (size_t start = 0; start <= label_set.size();) {
    const size_t end = std::min(label_set.find(kClassSeparator, start), label_set.size());
    const std::string name = trimmed(label_set.substr(start, end - start));
    if (name.empty()) throw ConfigError("an empty class name in '" + label_set + "'");
    names.insert(name);
    start = end + 1;
  }
  return {names.begin(), names.end()};
}

std::string label_set_of(const std::vector<std::string>& class_names) {
  std::string text;
  for (const auto& name : std::set<std::string>(class_names.begin(), class_names.end())) {
    if (!text.empty()) text += kClassSeparator;
    text += name;
  }
  return text;
}

std::vector<std::string> classes_of_sets(const std::vector<std::string>& label_sets) {
  std::set<std::string> all;
  for (const auto& label_set : label_sets) {
    for (auto& name : classes_of_set(label_set)) all.insert(std::move(name));
  }
  return {all.begin(), all.end()};
}

std::vector<int64_t> rarest_classes(const std::vector<int64_t>& labels, const std::vector<std::string>& label_sets) {
  const auto names = classes_of_sets(label_sets);
  std::vector<std::vector<size_t>> members;  // of each set
  for (const auto& label_set : label_sets) {
    auto& places = members.emplace_back();
    for (const auto& name : classes_of_set(label_set)) {
      places.push_back(static_cast<size_t>(std::lower_bound(names.begin(), names.end(), name) - names.begin()));
    }
  }
  std::vector<int64_t> counts(names.size(), 0);
  for (const int64_t label : labels) {
    for (const size_t place : members.at(static_cast<size_t>(label))) ++counts[place];
  }
  const auto is_rarer = [&](size_t a, size_t b) { return counts[a] < counts[b]; };
  std::vector<int64_t> rarest;
  for (const int64_t label : labels) {
    const auto& own = members[static_cast<size_t>(label)];
    const auto found = std::min_element(own.begin(), own.end(), is_rarer);
    rarest.push_back(static_cast<int64_t>(found == own.end() ? names.size() : *found));
  }
  return rarest;
}

std::string separator_note(const std::vector<std::string>& class_names) {
  for (const auto& name : class_names) {
    if (name.find(kClassSeparator) == name.npos) continue;
    return "'" + name + "' is one class here; a manifest gives a picture several in a column named labels";
  }
  return "";
}

}  // namespace multipole
