#include "tasks/segmentation/segment_sizing.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace multipole {
namespace {

constexpr int64_t kLargestCrop = 512, kSmallestCrop = 128, kCropStep = 64, kCropMultiple = 32;
constexpr int64_t kMostPictures = 8, kFewPictures = 4;

// Descending. Below the smallest one there is too little to see around a pixel.
std::vector<int64_t> crops_for(const SegmentSizingNeeds& needs) {
  if (needs.crop) return {*needs.crop};
  const int64_t side = needs.median_side > 0 ? needs.median_side : kLargestCrop;
  std::vector<int64_t> crops = {std::min(kLargestCrop, (side + kCropMultiple - 1) / kCropMultiple * kCropMultiple)};
  for (int64_t crop = (crops[0] - 1) / kCropStep * kCropStep; crop >= kSmallestCrop; crop -= kCropStep) {
    crops.push_back(crop);
  }
  return crops;
}

std::vector<int64_t> batches_for(const SegmentSizingNeeds& needs) {
  if (needs.batch) return {*needs.batch};
  const auto pictures = static_cast<uint64_t>(std::max<int64_t>(1, needs.pictures));
  const int64_t most = std::clamp<int64_t>(static_cast<int64_t>(std::bit_floor(pictures)) / 4, 1, kMostPictures);
  if (most <= kFewPictures) return {most};
  return {most, kFewPictures};
}

}  // namespace

int64_t largest_crop(const SegmentSizingNeeds& needs) { return crops_for(needs).front(); }

SegmentSizing choose_segment_sizing(const SegmentSizingNeeds& needs,
                                    const std::function<double(int64_t crop, int64_t batch)>& step_seconds) {
  SegmentSizing sizing;
  for (const int64_t crop : crops_for(needs)) {
    for (const int64_t batch : batches_for(needs)) {
      sizing = {crop, batch, step_seconds(crop, batch)};
      if (sizing.seconds <= needs.most_seconds &&
          sizing.seconds / static_cast<double>(batch) <= needs.most_picture_seconds) {
        return sizing;
      }
    }
  }
  return sizing;
}

}  // namespace multipole
