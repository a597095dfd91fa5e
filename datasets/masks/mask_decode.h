// Masks exactly as their PNG stores them: no palette lookup, no scaling of bit depths, no colour conversion, no resize.
// Where a colour map speaks of colours, the palette and the scaling are what it speaks of.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>

#include "datasets/codecs/image_decode.h"

namespace multipole {

// Palette indices or gray levels of 1 to 16 bits as (H, W) int32, or the RGB of a colour-coded mask as (H, W, 3) uint8.
// Alpha and EXIF are left out of account.
struct StoredMask {
  torch::Tensor values;
  bool is_colored() const { return values.dim() == 3; }
};

enum class MaskForm {
  kStored,  // values, or colours where the file stores them
  kColors,  // colours as a viewer shows them: the palette's, or (v, v, v) of gray levels scaled to 8 bits
};

// Throw InputError "cannot read NAME: reason": not a PNG, damaged, 16-bit colours; with kColors also 16-bit gray.
StoredMask decode_mask(ByteView bytes, const std::string& name, const DecodeOptions& options = {},
                       MaskForm form = MaskForm::kStored);
StoredMask read_mask(const std::filesystem::path& path, const DecodeOptions& options = {},
                     MaskForm form = MaskForm::kStored);

}  // namespace multipole
