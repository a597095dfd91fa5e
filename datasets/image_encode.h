// Writes PNG: RGB pictures, and class-id masks as palette PNG ("mode P").
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace multipole {

using PaletteColor = std::array<uint8_t, 3>;

// The colours of PASCAL VOC's label maps: bits of the id spread over R, G and B, so any 256 ids differ.
std::vector<PaletteColor> default_palette();

// (H, W, 3) uint8 -> the bytes of a PNG file.
std::vector<uint8_t> encode_png(const torch::Tensor& image);

// (H, W) uint8 ids -> a palette PNG; ids without a colour of their own in `palette` get the default palette's.
std::vector<uint8_t> encode_png_mask(const torch::Tensor& mask, const std::vector<PaletteColor>& palette);

// Throws ResourceError "cannot write PATH: reason" and leaves no partial file.
void write_bytes(const std::filesystem::path& path, const std::vector<uint8_t>& bytes);

}  // namespace multipole
