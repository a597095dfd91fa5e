// A part of a picture as a picture of its own.
#pragma once

#include <cstdint>
#include <memory>

#include "datasets/pictures/picture_rows.h"

namespace multipole {

// In pixels of the picture.
struct PictureBox {
  int64_t row = 0, column = 0, height = 0, width = 0;
};

// `picture`, of which nothing was read yet; the box lies within it.
std::unique_ptr<PictureRows> part_of(std::unique_ptr<PictureRows> picture, const PictureBox& box);

}  // namespace multipole
