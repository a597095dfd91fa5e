// Antialiased resize of pictures of bytes, RGB or any number of bands, with Pillow's arithmetic: separable, support
// grown by the scale when shrinking, 22-bit fixed-point weights, along x and then along y, each pass rounded to bytes.
// Bit-equal to PIL.Image.resize of Pillow 11 (Pillow 13 goes along y first where a picture gets lower and wider, which
// rounds differently).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "datasets/codecs/crop_box.h"

namespace multipole {

enum class Interpolation { kBilinear, kBicubic };

// "bilinear" or "bicubic"; anything else is a ConfigError that names `where`.
Interpolation interpolation_from_name(const std::string& name, const std::string& where);

// (H, W, C) uint8 contiguous -> (height, width, C) uint8.
torch::Tensor resize(const torch::Tensor& image, int64_t height, int64_t width, Interpolation interpolation);

// Cuts `source` out of the image, then resizes the cut: no pixel outside of it counts.
torch::Tensor crop_resize(const torch::Tensor& image, const CropBox& source, int64_t height, int64_t width,
                          Interpolation interpolation);

// The part `window` of resize(image, height, width), without computing the rest.
torch::Tensor resize_crop(const torch::Tensor& image, int64_t height, int64_t width, const CropBox& window,
                          Interpolation interpolation);

}  // namespace multipole
