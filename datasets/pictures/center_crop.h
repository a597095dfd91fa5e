// What resize_center_crop() (preprocessing.h) does to a picture of a size.
#pragma once

#include <cstdint>

#include "datasets/codecs/crop_box.h"
#include "datasets/pictures/preprocessing.h"
#include "datasets/pictures/resize.h"

namespace multipole {

struct CenterCrop {
  int64_t height = 0, width = 0;  // that the picture is resized to
  CropBox window;                 // what is cut out of that
  Interpolation interpolation = Interpolation::kBilinear;
};

CenterCrop center_crop(int64_t height, int64_t width, const Preprocessing& preprocessing);

}  // namespace multipole
