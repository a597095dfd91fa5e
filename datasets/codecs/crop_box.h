// A part of a picture.
#pragma once

#include <cstdint>

namespace multipole {

// In pixels.
struct CropBox {
  int64_t top = 0, left = 0, height = 0, width = 0;

  int64_t bottom() const { return top + height; }
  int64_t right() const { return left + width; }
  bool operator==(const CropBox&) const = default;
};

}  // namespace multipole
