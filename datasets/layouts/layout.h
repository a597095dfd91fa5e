// How folders of pictures and masks are laid out on disk. A layout is one file and one line in the list of
// registry.cpp.
//
//   pairs       ROOT/images/<split>/a.jpg, ROOT/annotations/<split>/a.png, ROOT/classes.txt; without folders of splits
//               ROOT/images/a.jpg and ROOT/annotations/a.png, from which a split is made. Both folders have other
//               names, too: layouts/pair_folders.h
//   ade20k      the same with splits "training" and "validation" and ROOT/objectInfo150.txt; masks store 0 for
//               unlabelled pixels
//   voc         ROOT/JPEGImages, ROOT/SegmentationClass, ROOT/ImageSets/Segmentation/<split>.txt (PASCAL VOC 2012)
//   cityscapes  ROOT/leftImg8bit/<split>/<city>/*_leftImg8bit.png, ROOT/gtFine/<split>/<city>/*_gtFine_labelIds.png
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace multipole {

struct SegmentationSplitOptions {
  std::string layout = "auto";  // or one of layout_names()
  std::string split = "train";
  double val_fraction = 0.2;  // of the pictures, where a split has to be made
  uint64_t split_seed = 0;
  int64_t folds = 0;  // above 0: train and val are cut into folds, whatever splits there are (folds.h)
  int64_t fold = 1;   // which of them is val, from 1
  int64_t block = 0;  // side of the blocks that large pictures are cut into; 0: chosen by their sizes, -1: none is cut
  int64_t block_gap = 32;  // pixels beside a block of val that training leaves out
};

struct PictureAndMask {
  std::filesystem::path image, mask;
};

struct SegmentationListing {
  std::vector<PictureAndMask> pairs;                // byte order of the pictures' paths
  std::vector<std::filesystem::path> unused_masks;  // of no picture; only layouts that mirror folders look for them
  std::filesystem::path class_list;                 // the file that names the classes, where the layout has one
  std::vector<std::string> class_names;             // empty where there is no such file
  std::vector<std::vector<int64_t>> palette;        // an RGB colour a class; empty where the layout has none
  bool reduce_zero_label = false;                   // the layout's own habit
  std::map<int64_t, int64_t> label_of_value;        // stored values that mean another class than their number
  std::string description;                          // what was taken from where, one line for people
  bool is_uncut = false;                            // `pairs` are all of which a split is to be cut (list_uncut())
};

std::vector<std::string> layout_names();

// Whether `root` is a folder in one of the layouts.
bool has_segmentation_layout(const std::filesystem::path& root);

// The splits that `root` has, by its own names, in the order train, val, test; for pairs without folders those that are
// cut. Lists of other names, such as VOC's trainval, are left out. Throws ConfigError as list_segmentation() does.
std::vector<std::string> layout_splits(const std::filesystem::path& root, const std::string& layout);

// Throws ConfigError where the layout is unknown or cannot be told, the split is missing or empty, a picture has no
// mask or two pictures share one.
SegmentationListing list_segmentation(const std::filesystem::path& root, const SegmentationSplitOptions& options);

// The same in two steps. Where the split, or a part of folds, is to be cut of pictures, list_uncut() gives all of them,
// and cut_by_pictures() those of the split; a listing that is whole already stays as it is.
SegmentationListing list_uncut(const std::filesystem::path& root, const SegmentationSplitOptions& options);
SegmentationListing cut_by_pictures(SegmentationListing listing, const std::filesystem::path& root,
                                    const SegmentationSplitOptions& options);

}  // namespace multipole
