// What the masks of a data set hold, before hours are spent on them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/note_counts.h"

namespace multipole {

struct SegmentationCensus {
  int64_t samples = 0;                                   // that could be read
  std::vector<int64_t> class_pixels;                     // of each class
  std::vector<int64_t> class_samples;                    // pictures in which the class occurs
  int64_t ignored_pixels = 0;                            // of the readable ones
  int64_t nodata_pixels = 0;                             // among the ignored: the picture holds no data there
  std::map<std::pair<int64_t, int64_t>, int64_t> sizes;  // (height, width) -> pictures
  std::vector<BadSample> bad;                            // unreadable, sizes that differ, unknown values
  NoteCounts notes;                                      // what decoding said of the pictures

  int64_t labelled_pixels() const;
  std::vector<int64_t> present_classes() const;  // with a pixel
  // The names of the others.
  std::vector<std::string> absent_classes(const std::vector<std::string>& class_names) const;
  // Lines for people: numbers of pictures and sizes, ignored share, a line a class with its share, the classes without
  // a pixel, notes, then the bad samples (at most `max_bad_lines` of them).
  std::vector<std::string> report(const std::vector<std::string>& class_names, size_t max_bad_lines = 10) const;
};

// Reads every sample of `data` with `workers` threads (0: the caller's own).
SegmentationCensus take_census(const Dataset& data, int64_t num_classes, int64_t workers);

}  // namespace multipole
