// Classification data as folders of pictures:
//
//   ROOT/train/cat/1.jpg              ROOT/cat/1.jpg
//   ROOT/train/dog/a/b/2.png    or    ROOT/dog/2.png
//   ROOT/val/cat/3.webp
//
// A class is a folder of a split; its pictures may lie at any depth. Classes and files are taken in byte order of
// their names. Names that begin with a dot are skipped, links are followed, a loop of links is an error. Files count
// by extension (image_extensions()); whether they are pictures shows when they are read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/folder_split.h"
#include "datasets/image_decode.h"

namespace multipole {

class ImageFolder : public Dataset {
 public:
  // Throws ConfigError when the split or its classes are not usable (see select_split).
  ImageFolder(const std::filesystem::path& root, const FolderSplitOptions& options, const DecodeOptions& decode = {});

  int64_t size() const override { return static_cast<int64_t>(split_.files.size()); }
  Sample get(int64_t index) const override;
  std::string path(int64_t index) const override { return split_.files.at(index).path.string(); }

  const std::vector<std::string>& class_names() const { return split_.class_names; }
  // What was taken from where, one line for people.
  const std::string& description() const { return split_.description; }
  int64_t label(int64_t index) const { return split_.files.at(index).label; }

 private:
  FolderSplit split_;
  DecodeOptions decode_;
};

}  // namespace multipole
