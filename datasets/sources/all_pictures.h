// Every labelled picture of a source, whatever its split.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/sources/picture_source.h"

namespace multipole {

struct AnyPicture {
  PictureItem picture;
  int64_t label = -1;
  int64_t split = -1;  // -1 where the source has no splits
};

struct AllPictures {
  std::vector<AnyPicture> pictures;      // by split and class
  std::vector<std::string> splits;       // in the source's order
  std::vector<std::string> class_names;  // those of train first, as a training on the source numbers them
  bool has_label_sets = false;           // what stands in class_names are sets (formats/label_set.h)
  std::vector<std::string> problems;     // what a training or an evaluation would refuse: two splits of one
                                         // meaning, a class without pictures, a class that train lacks
};

AllPictures list_all_pictures(const PictureSource& source);

// Which of them a split of our own takes from, by their places: all but a test split beside a train split, which stays
// what it is.
std::vector<size_t> pictures_to_split(const AllPictures& all);

// What a seeded cut keeps even, for each picture at these places: its class, or of several the rarest one.
std::vector<int64_t> strata_of(const AllPictures& all, const std::vector<size_t>& places);

}  // namespace multipole
