// Reads every picture of a source once and counts what is there: for `multipole data check`.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/inspection/near_duplicates.h"
#include "datasets/note_counts.h"
#include "datasets/sources/all_pictures.h"
#include "datasets/sources/picture_source.h"

namespace multipole {

struct DataCensus {
  AllPictures data;
  std::vector<std::string> class_names;  // data's; of label sets the classes that they are made of
  std::vector<BadSample> bad;            // index: place in data.pictures
  // by split (one row where there are none) and class, of readable pictures; one of several classes counts in each
  std::vector<std::vector<int64_t>> class_counts;
  int64_t num_without_class = 0;                         // readable pictures whose label set is empty
  std::map<std::pair<int64_t, int64_t>, int64_t> sizes;  // height, width -> pictures
  std::map<int64_t, int64_t> short_sides;                // power of two at or below the shorter side -> pictures
  std::vector<NearDuplicate> near_duplicates;            // places in data.pictures
  int64_t num_flat = 0;                                  // pictures too flat to compare
  NoteCounts notes;                                      // what decoding said of the pictures
  bool complete = true;                                  // false where `stop` ended it

  int64_t num_readable() const { return static_cast<int64_t>(data.pictures.size() - bad.size()); }
};

// `progress` is told how many pictures are done. Pictures are compared across splits; where the source has none, with
// all others, since training will cut one. The result does not depend on the number of workers.
DataCensus take_census(const PictureSource& source, int64_t num_workers,
                       const std::function<void(int64_t done, int64_t total)>& progress,
                       const std::atomic<bool>* stop = nullptr);

}  // namespace multipole
