// What a picture looks like, small enough to compare with all others: the difference hash (N. Krawetz, "Kind of Like
// That", 2013) and the thumbnail that it is taken from.
//
// The picture is shrunk to 9 x 8 (antialiased, the aspect not kept). A bit of the hash says whether a pixel's luma is
// below that of its right neighbour; 8 rows of 8 such pairs are 64 bits, the first the highest. Scaling, recompression
// and small changes of colour leave most bits as they are.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>

namespace multipole {

struct PictureLook {
  static constexpr int64_t kHeight = 8, kWidth = 9;

  uint64_t hash = 0;
  bool is_flat = false;  // so little contrast that the hash is noise
  std::array<uint8_t, kHeight* kWidth* 3> thumbnail = {};
};

// (H, W, C) uint8 contiguous; of bands the shown ones (read_picture.h).
PictureLook look_of(const torch::Tensor& image);

// Mean absolute difference of the thumbnails, in units of a byte.
double thumbnail_difference(const PictureLook& a, const PictureLook& b);

}  // namespace multipole
