// Masks and small data sets for tests.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/pictures/image_encode.h"
#include "tests/datasets/image_fixtures.h"

namespace multipole::test {

// (H, W) integers as a gray PNG of 8 or 16 bits, or as palette indices (the palette's colours are all black).
inline Bytes encode_mask(const torch::Tensor& ids, int bit_depth = 8, bool palette = false) {
  RawPng png;
  png.height = static_cast<uint32_t>(ids.size(0));
  png.width = static_cast<uint32_t>(ids.size(1));
  png.bit_depth = bit_depth;
  png.color_type = palette ? 3 : 0;
  if (palette) png.palette = Bytes(768, 0);
  const auto values = ids.to(torch::kLong).flatten();
  for (int64_t i = 0; i < values.numel(); ++i) {
    append_number(png.rows, static_cast<uint64_t>(values[i].item<int64_t>()), bit_depth / 8, /*big_endian=*/true);
  }
  return encode_raw_png(png);
}

// A picture of the mask's size.
inline Bytes encode_picture_for(const torch::Tensor& ids) {
  return encode_png(gradient_image(ids.size(0), ids.size(1)));
}

// ROOT/images/<split>/<name>.png with its mask and, in the first call, ROOT/classes.txt.
inline void write_pair(const TemporaryFolder& root, const std::string& split, const std::string& name,
                       const torch::Tensor& ids) {
  const std::string folder = split.empty() ? "" : split + "/";
  root.write("images/" + folder + name + ".png", encode_picture_for(ids));
  root.write("annotations/" + folder + name + ".png", encode_mask(ids));
}

}  // namespace multipole::test
