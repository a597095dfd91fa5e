// Pairs of pictures that look the same although they lie in different splits: what was trained on is measured again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "datasets/inspection/perceptual_hash.h"

namespace multipole {

struct ComparedPicture {
  PictureLook look;
  int64_t split = 0;  // only pictures of different splits are compared
};

struct NearDuplicate {
  int64_t first = 0, second = 0;  // places in the list, first < second
  int distance = 0;               // hash bits that differ
};

// All pairs whose hashes differ in at most 3 of 64 bits and whose thumbnails differ by less than 6 (of 255) in the
// mean; flat pictures are left out. Candidates are the pictures that share one of the hash's four 16-bit parts, which
// no pair within 3 bits can avoid, so that the work stays far below all pairs. The search ends at kMaxNearDuplicates.
inline constexpr size_t kMaxNearDuplicates = 100'000;
std::vector<NearDuplicate> find_near_duplicates(const std::vector<ComparedPicture>& pictures);

}  // namespace multipole
