#include "datasets/pictures/center_crop.h"

#include <algorithm>
#include <cmath>

namespace multipole {

CenterCrop center_crop(int64_t height, int64_t width, const Preprocessing& preprocessing) {
  const int64_t size = preprocessing.image_size;
  const auto shorter = static_cast<int64_t>(std::floor(static_cast<double>(size) / preprocessing.crop_pct));
  const int64_t longer =
      preprocessing.fit == "squash" ? shorter : shorter * std::max(height, width) / std::min(height, width);
  const int64_t new_height = height <= width ? shorter : longer;
  const int64_t new_width = height <= width ? longer : shorter;
  // nearbyint rounds halves to even, as Python's round does for torchvision
  const bool down = preprocessing.crop_rounding == "down";
  const auto offset = [size, down](int64_t extent) {
    const double middle = static_cast<double>(extent - size) / 2.0;
    return static_cast<int64_t>(down ? std::floor(middle) : std::nearbyint(middle));
  };
  return {new_height,
          new_width,
          {offset(new_height), offset(new_width), size, size},
          interpolation_from_name(preprocessing.interpolation, "preprocessing.interpolation")};
}

}  // namespace multipole
