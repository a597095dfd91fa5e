// Which files and classes a split of a folder tree has (the layouts are drawn in image_folder.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace multipole {

struct FolderSplitOptions {
  std::string split = "train";                // train, val, test, or the name of a folder in ROOT
  std::vector<std::string> class_names = {};  // a model's classes, in order; empty: the folders of train
  double val_fraction = 0.2;                  // of each class, where a split has to be made
  uint64_t split_seed = 0;
};

struct LabelledFile {
  std::filesystem::path path;
  int64_t label = -1;
};

struct FolderSplit {
  std::vector<LabelledFile> files;  // by class, then by byte order of the path
  std::vector<std::string> class_names;
  std::string description;
};

// The folder of a split: the one of that name, else train: training; val: valid, validation, dev, then test; test:
// testing, then val and its aliases. Without a folder for val (or without split folders at all), train and val are cut
// from the same pictures: every class is shuffled by split_seed and round(val_fraction * n) of it, at least one when
// there are two or more pictures, go to val. The description says which of this happened.
//
// Throws ConfigError, naming what was found, when ROOT is no folder, holds no such split, a class folder has no
// picture, or a class is not among the known ones. A known class may be absent outside train.
FolderSplit select_split(const std::filesystem::path& root, const FolderSplitOptions& options);

}  // namespace multipole
