// Masks exactly as their PNG stores them: no palette lookup, no scaling of bit depths, no colour conversion, no resize.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>

#include "datasets/image_decode.h"

namespace multipole {

// Palette indices or gray levels of 1 to 16 bits as (H, W) int32, or the RGB of a colour-coded mask as (H, W, 3) uint8.
// Alpha and EXIF are left out of account.
struct StoredMask {
  torch::Tensor values;
  bool is_colored() const { return values.dim() == 3; }
};

// Throw InputError "cannot read NAME: reason": not a PNG, damaged, 16-bit colours.
StoredMask decode_mask(ByteView bytes, const std::string& name, const DecodeOptions& options = {});
StoredMask read_mask(const std::filesystem::path& path, const DecodeOptions& options = {});

}  // namespace multipole
