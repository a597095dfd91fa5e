// Files as a model is shown them, with as little of the work on what its crop leaves out as the format allows.
#pragma once

#include <filesystem>

#include "datasets/codecs/image_decode.h"
#include "datasets/pictures/preprocessing.h"

namespace multipole {

// read_picture() with resize_center_crop() of its pixels, the same bytes and the same errors; no `valid`. A JPEG's rows
// are shrunk as they are decoded, and only the part that the crop shows is made into pixels.
DecodedImage read_fitted_picture(const std::filesystem::path& path, const DecodeOptions& options,
                                 const Preprocessing& preprocessing);

}  // namespace multipole
