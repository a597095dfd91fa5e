// Whole masks, as datasets/masks/mask_rows.h reads them.
#pragma once

#include <filesystem>
#include <string>

#include "datasets/codecs/image_decode.h"
#include "datasets/masks/stored_mask.h"

namespace multipole {

// Throw InputError as open_mask_rows() does, and for more than options.max_pixels.
StoredMask decode_mask(ByteView bytes, const std::string& name, const DecodeOptions& options = {},
                       MaskForm form = MaskForm::kStored);
StoredMask read_mask(const std::filesystem::path& path, const DecodeOptions& options = {},
                     MaskForm form = MaskForm::kStored);

}  // namespace multipole
