#include "datasets/sources/split_selection.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/fields.h"
#include "datasets/formats/label_set.h"
#include "datasets/pictures/image_files.h"
#include "datasets/sources/all_pictures.h"
#include "datasets/splits/split_names.h"
#include "datasets/splits/stratified_split.h"

namespace multipole {

namespace {

using Names = std::vector<std::string>;

std::string join(const Names& names) {
  constexpr size_t kShown = 20;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kShown ? text + " and " + std::to_string(names.size() - kShown) + " more" : text;
}

// Adds to a description what kinds of classes there are.
std::string classes_text(const Names& present, bool has_label_sets) {
  if (has_label_sets) {
    return std::to_string(classes_of_sets(present).size()) + " classes, any number of them in a picture";
  }
  const std::string note = separator_note(present);
  return std::to_string(present.size()) + " classes" + (note.empty() ? "" : " (" + note + ")");
}

// The place of a class among the known ones. A set of classes that was not met yet becomes known.
std::optional<int64_t> place_of(const std::string& name, SplitSelection& split) {
  const auto found = std::find(split.class_names.begin(), split.class_names.end(), name);
  const auto place = found - split.class_names.begin();
  if (found == split.class_names.end()) {
    if (!split.has_label_sets) return std::nullopt;
    split.class_names.push_back(name);
  }
  return place;
}

void sort_by_class(std::vector<LabelledItem>& items) {
  std::stable_sort(items.begin(), items.end(),
                   [](const LabelledItem& a, const LabelledItem& b) { return a.label < b.label; });
}

// The pictures of every class of a split, labelled by their place in `class_names`.
SplitSelection read_classes(const PictureSource& source, const std::string& split, const Names& class_names) {
  const Names present = source.classes(split);
  SplitSelection out;
  out.class_names = class_names.empty() ? present : class_names;
  out.has_label_sets = source.has_label_sets();
  Names unknown, empty;
  int64_t num_other_files = 0;
  for (const auto& name : present) {
    const auto place = place_of(name, out);
    if (!place) {
      unknown.push_back(source.describe_class(split, name));
      continue;
    }
    PictureListing found = source.pictures(split, name);
    if (found.items.empty()) empty.push_back(name);
    for (auto& item : found.items) out.items.push_back({std::move(item), *place});
    num_other_files += found.num_other_files;
  }
  const std::string where = source.describe_split(split);
  if (!unknown.empty()) {
    throw ConfigError(where + ": no class of the training set or model: " + join(unknown) +
                      "; known: " + join(out.class_names));
  }
  if (!empty.empty()) {
    throw ConfigError(where + ": classes without a picture: " + join(empty) +
                      " (extensions: " + image_extension_list() + "); add pictures or remove them");
  }
  sort_by_class(out.items);
  out.description =
      where + ": " + std::to_string(out.items.size()) + " pictures of " + classes_text(present, out.has_label_sets);
  if (num_other_files > 0) out.description += ", " + std::to_string(num_other_files) + " other files left out";
  return out;
}

// Keeps the part of `all` that is val or the one that is train.
SplitSelection cut(SplitSelection all, const SplitOptions& options) {
  const bool want_val = options.split != "train";
  std::vector<int64_t> labels;
  for (const auto& item : all.items) labels.push_back(item.label);
  if (all.has_label_sets) labels = rarest_classes(labels, all.class_names);
  const std::vector<bool> in_val = held_out_part(labels, options.val_fraction, options.split_seed);
  std::vector<LabelledItem> kept;
  for (size_t i = 0; i < all.items.size(); ++i) {
    if (in_val[i] == want_val) kept.push_back(std::move(all.items[i]));
  }
  const auto percent = std::to_string(std::lround(options.val_fraction * 100));
  all.description += "; no val split: " + std::to_string(kept.size()) + " of them are " + (want_val ? "val" : "train") +
                     " (" + percent + "% of each class to val, seed " + std::to_string(options.split_seed) + ")";
  all.items = std::move(kept);
  if (all.items.empty()) {
    throw ConfigError(all.description + "; with one picture a class there is nothing to validate on");
  }
  return all;
}

// The fold that is val, or all others.
SplitSelection cut_fold(const PictureSource& source, const SplitOptions& options) {
  AllPictures all = list_all_pictures(source);
  if (!all.problems.empty()) throw ConfigError(all.problems.front());
  const auto pool = pictures_to_split(all);
  if (static_cast<int64_t>(pool.size()) < options.folds) {
    throw ConfigError(source.name() + ": " + std::to_string(pool.size()) + " pictures cannot be cut into " +
                      std::to_string(options.folds) + " folds");
  }
  const auto folds = stratified_folds(strata_of(all, pool), options.folds, options.split_seed);
  SplitSelection out;
  out.class_names = options.class_names.empty() ? all.class_names : options.class_names;
  out.has_label_sets = all.has_label_sets;
  for (size_t i = 0; i < pool.size(); ++i) {
    if ((folds[i] == options.fold - 1) != (options.split == "val")) continue;
    AnyPicture& picture = all.pictures[pool[i]];
    const std::string& name = all.class_names[static_cast<size_t>(picture.label)];
    const auto place = place_of(name, out);
    if (!place) {
      throw ConfigError(source.name() + ": no class of the model: " + name + "; known: " + join(out.class_names));
    }
    out.items.push_back({std::move(picture.picture), *place});
  }
  sort_by_class(out.items);
  out.description = source.name() + ": " + std::to_string(out.items.size()) + " of " + std::to_string(pool.size()) +
                    " pictures are " + options.split + ", fold " + std::to_string(options.fold) + " of " +
                    std::to_string(options.folds) + " being val (seed " + std::to_string(options.split_seed) + ")";
  return out;
}

}  // namespace

SplitSelection select_split(const PictureSource& source, const SplitOptions& wanted) {
  SplitOptions options = wanted;
  if (const std::string meaning = meaning_of_split(wanted.split); !meaning.empty()) options.split = meaning;
  require(options.val_fraction > 0.0 && options.val_fraction < 1.0, "val_fraction", "must be between 0 and 1",
          options.val_fraction);
  if (options.folds > 0 && (options.split == "train" || options.split == "val")) return cut_fold(source, options);
  const Names present = source.splits();
  const auto refuse = [&](const Names& found) {
    throw ConfigError(source.name() + ": no split '" + wanted.split + "'; found " + join(found));
  };
  const Names aliases = names_of_split(options.split);
  if (present.empty()) {
    if (aliases.empty()) refuse(source.classes(""));
    return cut(read_classes(source, "", options.class_names), options);
  }
  const auto present_split = [&](const Names& names) { return first_present(names, present, source.name()); };
  const auto train = present_split(names_of_split("train"));
  // the classes are those of train even where another split is read
  Names class_names = options.class_names;
  if (class_names.empty() && train) class_names = source.classes(*train);
  if (std::find(present.begin(), present.end(), wanted.split) != present.end() && options.split != "train") {
    return read_classes(source, wanted.split, class_names);
  }
  if (options.split == "train") {
    if (!train) refuse(present);
    const bool has_val = present_split(names_of_split("val")).has_value();
    SplitSelection split = read_classes(source, *train, class_names);
    return has_val ? split : cut(std::move(split), options);
  }
  if (const auto alias = present_split(aliases)) return read_classes(source, *alias, class_names);
  if (aliases.empty() || !train) refuse(present);
  return cut(read_classes(source, *train, class_names), options);
}

}  // namespace multipole
