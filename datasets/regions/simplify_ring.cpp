#include "datasets/regions/simplify_ring.h"

#include <opencv2/imgproc.hpp>

namespace multipole {
namespace {

double doubled_area(const CornerRing& ring) {
  double sum = 0;
  for (size_t i = 0; i < ring.size(); ++i) {
    const auto& from = ring[i];
    const auto& to = ring[i + 1 == ring.size() ? 0 : i + 1];
    sum += static_cast<double>(from.y) * to.x - static_cast<double>(from.x) * to.y;
  }
  return sum;
}

}  // namespace

CornerRing simplified(const CornerRing& ring, double tolerance) {
  std::vector<cv::Point> all, kept;
  all.reserve(ring.size());
  for (const auto& corner : ring) all.emplace_back(corner.x, corner.y);
  cv::approxPolyDP(all, kept, tolerance, /*closed=*/true);
  CornerRing result;
  result.reserve(kept.size());
  for (const auto& point : kept) result.push_back({point.x, point.y});
  const bool keeps_its_sense = doubled_area(ring) * doubled_area(result) > 0;
  return result.size() >= 3 && keeps_its_sense ? result : ring;
}

}  // namespace multipole
