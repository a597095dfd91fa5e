// Whole pictures as a model is to see them: RGB by the rules of image_decode.h, or the bands of a raster that the
// options choose, scaled to bytes (datasets/rasters/byte_scaling.h).
#pragma once

#include <filesystem>
#include <string>

#include "datasets/codecs/image_decode.h"

namespace multipole {

// Throw InputError "cannot read NAME: reason", also where the raster's bands are not those that the scaling is for.
// `valid` of a TIFF without chosen bands is by its number for no data, its mask and its alpha.
DecodedImage read_picture(const std::filesystem::path& path, const DecodeOptions& options);
DecodedImage decode_picture(ByteView bytes, const std::string& name, const DecodeOptions& options);

// (H, W, C) of any type as people can look at it, (H, W, 3): the first three bands, or the first alone as gray.
torch::Tensor shown_picture(const torch::Tensor& picture);

}  // namespace multipole
