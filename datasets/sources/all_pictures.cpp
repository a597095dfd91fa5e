#include "datasets/sources/all_pictures.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "datasets/formats/label_set.h"
#include "datasets/splits/split_names.h"

namespace multipole {

namespace {

class Collector {
 public:
  explicit Collector(const PictureSource& source) : source_(source) {
    all_.splits = source.splits();
    all_.has_label_sets = source.has_label_sets();
  }

  AllPictures collect() {
    // train first, so that its classes are numbered as a training numbers them
    const auto train = named("train");
    for (const char* split : {"val", "test"}) named(split);
    if (train) learn_classes(*train);
    for (const auto& split : all_.splits) add_split(split, train.has_value());
    if (all_.splits.empty()) add_split("", false);
    return std::move(all_);
  }

 private:
  // The split that stands for `split`; where there are two, that is a problem.
  std::optional<std::string> named(const std::string& split) {
    try {
      return first_present({split}, all_.splits, source_.name());
    } catch (const ConfigError& error) {
      all_.problems.emplace_back(error.what());
      return std::nullopt;
    }
  }

  void learn_classes(const std::string& split) {
    for (const auto& name : source_.classes(split)) place_of(name);
    if (all_.has_label_sets) known_ = classes_of_sets(all_.class_names);
  }

  // A set of classes may be new; each of its classes has to be known.
  bool is_known(const std::string& class_name, int64_t label, int64_t num_known) const {
    if (!all_.has_label_sets) return label < num_known;
    const auto names = classes_of_set(class_name);
    return std::includes(known_.begin(), known_.end(), names.begin(), names.end());
  }

  int64_t place_of(const std::string& class_name) {
    auto& names = all_.class_names;
    const auto found = std::find(names.begin(), names.end(), class_name);
    if (found != names.end()) return found - names.begin();
    names.push_back(class_name);
    return static_cast<int64_t>(names.size()) - 1;
  }

  void add_split(const std::string& split, bool classes_are_known) {
    std::vector<std::string> present;
    try {
      present = source_.classes(split);
    } catch (const ConfigError& error) {
      all_.problems.emplace_back(error.what());
    }
    const int64_t split_place =
        split.empty() ? -1 : std::find(all_.splits.begin(), all_.splits.end(), split) - all_.splits.begin();
    for (const auto& class_name : present) {
      const auto num_known = static_cast<int64_t>(all_.class_names.size());
      const int64_t label = place_of(class_name);
      if (classes_are_known && !is_known(class_name, label, num_known)) {
        all_.problems.push_back(source_.describe_split(split) +
                                ": no class of train: " + source_.describe_class(split, class_name));
      }
      PictureListing found = source_.pictures(split, class_name);
      if (found.items.empty()) {
        all_.problems.push_back(source_.describe_split(split) + ": a class without a picture: " + class_name);
      }
      for (auto& item : found.items) all_.pictures.push_back({std::move(item), label, split_place});
    }
  }

  const PictureSource& source_;
  AllPictures all_;
  std::vector<std::string> known_;  // the classes that train's sets are made of
};

}  // namespace

AllPictures list_all_pictures(const PictureSource& source) { return Collector(source).collect(); }

std::vector<size_t> pictures_to_split(const AllPictures& all) {
  const bool has_train = std::any_of(all.splits.begin(), all.splits.end(),
                                     [](const std::string& name) { return meaning_of_split(name) == "train"; });
  const auto is_test = [&](const AnyPicture& picture) {
    if (picture.split < 0 || !has_train) return false;
    const std::string& name = all.splits[static_cast<size_t>(picture.split)];
    return meaning_of_split(name) == "test";
  };
  std::vector<size_t> places;
  for (size_t i = 0; i < all.pictures.size(); ++i) {
    if (!is_test(all.pictures[i])) places.push_back(i);
  }
  return places;
}

std::vector<int64_t> strata_of(const AllPictures& all, const std::vector<size_t>& places) {
  std::vector<int64_t> labels;
  for (const size_t place : places) labels.push_back(all.pictures[place].label);
  return all.has_label_sets ? rarest_classes(labels, all.class_names) : labels;
}

}  // namespace multipole
