#include "tasks/study/study_config.h"

#include <algorithm>
#include <set>

#include "tasks/registry.h"

namespace multipole {
namespace {

constexpr int64_t kLargestPicture = 8192;

}  // namespace

void StudyVariant::validate(const std::string& where) const {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  require(!name.empty() && name.front() != '.' && std::ranges::all_of(name, is_plain), where + ".name",
          "must name a folder by letters, digits, '-', '_' and '.'", name);
  require(attention.is_null() || attention.is_object(), where + ".attention", "must be null or an object", attention);
  require(config.is_object(), where + ".config", "must be an object", config);
}

void StudyConfig::validate(const std::string& where) const {
  const std::string prefix = where.empty() ? "" : where + ".";
  require(recipe.is_object(), prefix + "recipe", "must be an object", recipe);
  require(task_registry().find(task, prefix + "task")->is_of_pictures(), prefix + "task",
          "must be one whose models take pictures", task);
  require(!variants.empty(), prefix + "variants", "must name something to compare", variants.size());
  std::set<std::string> names;
  for (const auto& variant : variants) {
    require(names.insert(variant.name).second, prefix + "variants", "two have the same name", variant.name);
  }
  require(reference.empty() || names.contains(reference), prefix + "reference", "must be the name of a variant",
          reference);
  const std::set<int64_t> distinct(seeds.begin(), seeds.end());
  require(distinct.size() == seeds.size(), prefix + "seeds", "must differ from each other", seeds);
  for (const int64_t side : resolutions) {
    require(side >= 1 && side <= kLargestPicture, prefix + "resolutions", "must be from 1 to 8192", side);
  }
  require(batch_size >= 1 && batch_size <= 65536, prefix + "batch_size", "must be from 1 to 65536", batch_size);
  require(seconds > 0, prefix + "seconds", "must be positive", seconds);
}

Json study_run_config(const StudyConfig& study, const StudyVariant& variant, int64_t seed) {
  Json config = study.recipe;
  merge_json(config, variant.config);
  if (variant.attention.is_object()) config["model"]["backbone"]["attention"] = variant.attention;
  config["train"]["seed"] = seed;
  return config;
}

}  // namespace multipole
