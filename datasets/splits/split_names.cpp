#include "datasets/splits/split_names.h"

#include <map>

#include "base/error.h"
#include "base/lower_case.h"

namespace multipole {

std::string meaning_of_split(const std::string& name) {
  static const std::map<std::string, std::string> kMeanings = {
      {"train", "train"},    {"training", "train"}, {"val", "val"},   {"valid", "val"},
      {"validation", "val"}, {"dev", "val"},        {"test", "test"}, {"testing", "test"},
  };
  const auto found = kMeanings.find(lower_case(name));
  return found == kMeanings.end() ? "" : found->second;
}

std::vector<std::string> names_of_split(const std::string& split) {
  const std::string meaning = meaning_of_split(split);
  if (meaning == "train") return {"train"};
  if (meaning == "val") return {"val", "test"};
  if (meaning == "test") return {"test", "val"};
  return {};
}

bool are_splits(const std::vector<std::string>& names, const std::function<bool(const std::string&)>& holds_folders) {
  std::vector<std::string> splits;
  for (const auto& name : names) {
    if (!meaning_of_split(name).empty()) splits.push_back(name);
  }
  if (splits.size() != 1 || names.size() == 1) return !splits.empty();
  return holds_folders(splits.front());
}

std::optional<std::string> first_present(const std::vector<std::string>& wanted,
                                         const std::vector<std::string>& present, const std::string& where) {
  for (const auto& name : wanted) {
    const std::string meaning = meaning_of_split(name);
    std::optional<std::string> found;
    for (const auto& other : present) {
      if (meaning.empty() ? other != name : meaning_of_split(other) != meaning) continue;
      if (found) {
        throw ConfigError((where.empty() ? "" : where + ": ") + "'" + *found + "' and '" + other +
                          "' both stand for the split " + meaning + "; put them together or rename one");
      }
      found = other;
    }
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace multipole
