// Crop and batch of a segmentation training by what a step costs on this machine.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>

namespace multipole {

struct SegmentSizingNeeds {
  int64_t pictures = 0;                // to train on
  int64_t median_side = 0;             // of their shorter sides
  std::optional<int64_t> crop, batch;  // what the user has fixed
  double most_seconds = 2;             // that a step may take
  // that an epoch draws of a picture, crops being of this side
  std::function<int64_t(int64_t side)> crops_of_each = [](int64_t) { return int64_t{1}; };
  double most_picture_seconds = std::numeric_limits<double>::infinity();
};

// The first that is tried.
int64_t largest_crop(const SegmentSizingNeeds& needs);

struct SegmentSizing {
  int64_t crop = 0, batch = 0;
  double seconds = 0;  // of a step
};

// The largest crop, no larger than the pictures and 512 pixels, with the largest batch of at most 8 whose step is
// within both times by `step_seconds`; the smallest of both where none is, or the times are no number. A batch leaves
// four steps an epoch.
SegmentSizing choose_segment_sizing(const SegmentSizingNeeds& needs,
                                    const std::function<double(int64_t crop, int64_t batch)>& step_seconds);

}  // namespace multipole
