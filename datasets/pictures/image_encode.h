// Whole files in memory: RGB pictures as PNG, and class-id masks as palette PNG ("mode P").
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "datasets/pictures/png_writer.h"

namespace multipole {

// (H, W, 3) uint8 -> the bytes of a PNG file.
std::vector<uint8_t> encode_png(const torch::Tensor& image);

// (H, W) uint8 ids -> a palette PNG; ids without a colour of their own in `palette` get the default palette's.
std::vector<uint8_t> encode_png_mask(const torch::Tensor& mask, const std::vector<PaletteColor>& palette);

// Throws ResourceError "cannot write PATH: reason" and leaves no partial file.
void write_bytes(const std::filesystem::path& path, const std::vector<uint8_t>& bytes);

}  // namespace multipole
