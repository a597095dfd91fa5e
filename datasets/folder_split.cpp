#include "datasets/folder_split.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "backbone/config/error.h"
#include "backbone/config/fields.h"
#include "datasets/image_files.h"
#include "datasets/sample_random.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

const Names kTrainNames = {"train", "training"};
const Names kValNames = {"val", "valid", "validation", "dev"};
const Names kTestNames = {"test", "testing"};

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<std::string> first_present(const Names& wanted, const Names& present) {
  for (const auto& name : wanted) {
    if (contains(present, name)) return name;
  }
  return std::nullopt;
}

std::string join(const Names& names) {
  constexpr size_t kShown = 20;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kShown ? text + " and " + std::to_string(names.size() - kShown) + " more" : text;
}

Names folder_names_for(const std::string& split) {
  if (split == "train") return kTrainNames;
  Names names = split == "test" ? kTestNames : kValNames;
  const Names& others = split == "test" ? kValNames : kTestNames;
  names.insert(names.end(), others.begin(), others.end());
  return names;
}

// The pictures of every class folder of `folder`, labelled by their place in `class_names`.
FolderSplit read_classes(const fs::path& folder, const Names& class_names) {
  const Names present = subfolder_names(folder);
  if (present.empty()) {
    throw ConfigError(folder.string() + ": no class folders; expected " + folder.string() +
                      "/<class>/<picture> with extensions " + join(image_extensions()));
  }
  FolderSplit split;
  split.class_names = class_names.empty() ? present : class_names;
  Names unknown, empty;
  int64_t num_other_files = 0;
  for (const auto& name : present) {
    const ImageFiles found = find_image_files(folder / name);
    const auto place = std::find(split.class_names.begin(), split.class_names.end(), name);
    if (place == split.class_names.end()) unknown.push_back(name);
    if (found.paths.empty()) empty.push_back(name);
    for (const auto& path : found.paths) split.files.push_back({path, place - split.class_names.begin()});
    num_other_files += found.num_other_files;
  }
  if (!unknown.empty()) {
    throw ConfigError(folder.string() + ": folders that are no class of the training set or model: " + join(unknown) +
                      "; known: " + join(split.class_names));
  }
  if (!empty.empty()) {
    throw ConfigError(folder.string() + ": class folders without a picture: " + join(empty) +
                      " (extensions: " + join(image_extensions()) + "); add pictures or remove the folders");
  }
  std::stable_sort(split.files.begin(), split.files.end(),
                   [](const LabelledFile& a, const LabelledFile& b) { return a.label < b.label; });
  split.description = folder.string() + ": " + std::to_string(split.files.size()) + " pictures of " +
                      std::to_string(present.size()) + " classes";
  if (num_other_files > 0) split.description += ", " + std::to_string(num_other_files) + " other files left out";
  return split;
}

// Keeps the part of `all` that is val or the one that is train.
FolderSplit cut(FolderSplit all, const FolderSplitOptions& options) {
  const bool want_val = options.split != "train";
  std::vector<LabelledFile> kept;
  for (auto begin = all.files.begin(); begin != all.files.end();) {
    const int64_t label = begin->label;
    const auto end = std::find_if(begin, all.files.end(), [label](const auto& file) { return file.label != label; });
    const int64_t count = end - begin;
    int64_t num_val = std::llround(options.val_fraction * static_cast<double>(count));
    num_val = count >= 2 ? std::clamp<int64_t>(num_val, 1, count - 1) : 0;
    std::vector<bool> in_val(count, false);
    // a partial Fisher-Yates shuffle: the first num_val of a random order
    std::vector<int64_t> order(count);
    for (int64_t i = 0; i < count; ++i) order[i] = i;
    SampleRandom random(options.split_seed, 0, static_cast<uint64_t>(label), RandomStream::kSplit);
    for (int64_t i = 0; i < num_val; ++i) {
      std::swap(order[i], order[i + random.below(count - i)]);
      in_val[order[i]] = true;
    }
    for (int64_t i = 0; i < count; ++i) {
      if (in_val[i] == want_val) kept.push_back(*(begin + i));
    }
    begin = end;
  }
  const auto percent = std::to_string(std::lround(options.val_fraction * 100));
  all.description += "; no val folder: " + std::to_string(kept.size()) + " of them are " +
                     (want_val ? "val" : "train") + " (" + percent + "% of each class to val, seed " +
                     std::to_string(options.split_seed) + ")";
  all.files = std::move(kept);
  if (all.files.empty()) {
    throw ConfigError(all.description + "; with one picture a class there is nothing to validate on");
  }
  return all;
}

}  // namespace

FolderSplit select_split(const fs::path& root, const FolderSplitOptions& options) {
  require(options.val_fraction > 0.0 && options.val_fraction < 1.0, "val_fraction", "must be between 0 and 1",
          options.val_fraction);
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    throw ConfigError(root.string() + ": " + (fs::exists(root, error) ? "not a folder" : "no such folder"));
  }
  const Names present = subfolder_names(root);
  const auto train = first_present(kTrainNames, present);
  const auto held_out = first_present(folder_names_for("val"), present);
  const bool known_split = options.split == "train" || options.split == "val" || options.split == "test";

  if (!train && !held_out) {  // ROOT/<class>/*
    if (!known_split) throw ConfigError(root.string() + ": no split '" + options.split + "'; found " + join(present));
    return cut(read_classes(root, options.class_names), options);
  }
  // the classes are those of train even where another split is read
  Names class_names = options.class_names;
  if (class_names.empty() && train) class_names = subfolder_names(root / *train);
  if (contains(present, options.split) || options.split == "train") {
    const auto folder = contains(present, options.split) ? std::optional(options.split) : train;
    if (!folder) throw ConfigError(root.string() + ": no folder train; found " + join(present));
    FolderSplit split = read_classes(root / *folder, class_names);
    return held_out || folder != train ? split : cut(std::move(split), options);
  }
  if (!known_split) throw ConfigError(root.string() + ": no split '" + options.split + "'; found " + join(present));
  if (const auto folder = first_present(folder_names_for(options.split), present)) {
    return read_classes(root / *folder, class_names);
  }
  return cut(read_classes(root / *train, class_names), options);
}

}  // namespace multipole
