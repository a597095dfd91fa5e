// One split of labelled pictures as a data set. In folders it looks like this:
//
//   ROOT/train/cat/1.jpg              ROOT/cat/1.jpg
//   ROOT/train/dog/a/b/2.png    or    ROOT/dog/2.png
//   ROOT/val/cat/3.webp
//
// A class is a folder of a split; its pictures may lie at any depth. Archives are laid out the same way, a CSV manifest
// names path, label and split (formats/manifest.h), packed data carries them (formats/pack_format.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/sources/picture_source.h"
#include "datasets/sources/split_selection.h"

namespace multipole {

// What a path to them may be, in words for help.
inline constexpr const char* kLabelledPicturesForms =
    "folder ROOT/<split>/<class>/* or ROOT/<class>/*, such a tar or zip, a CSV manifest, or packed data";

class LabelledPictures : public Dataset {
 public:
  // Throws ConfigError when the split or its classes are not usable (see select_split).
  LabelledPictures(std::shared_ptr<const PictureSource> source, const SplitOptions& options);
  // Opens the source itself.
  LabelledPictures(const std::filesystem::path& path, const SplitOptions& options, const SourceOptions& source = {});

  int64_t size() const override { return static_cast<int64_t>(split_.items.size()); }
  Sample get(int64_t index) const override;
  std::string path(int64_t index) const override { return source_->path(item(index).picture); }

  const std::vector<std::string>& class_names() const { return split_.class_names; }
  // Whether these are sets of classes (formats/label_set.h), and label() the place of a picture's set.
  bool has_label_sets() const { return split_.has_label_sets; }
  // How the source's layout was read, where that might surprise; else empty.
  std::string note() const { return source_->note(); }
  // What was taken from where, one line for people.
  const std::string& description() const { return split_.description; }
  int64_t label(int64_t index) const { return item(index).label; }
  // The picture's name within the data, the same wherever the data lies.
  const std::string& name(int64_t index) const { return item(index).picture.name; }
  bool is_decoded() const { return source_->is_decoded(); }

 private:
  const LabelledItem& item(int64_t index) const { return split_.items.at(static_cast<size_t>(index)); }

  std::shared_ptr<const PictureSource> source_;
  SplitSelection split_;
};

}  // namespace multipole
