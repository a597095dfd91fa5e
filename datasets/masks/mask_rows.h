// A mask read from the top down, some rows at a time, so that it need not be whole in memory: a PNG or a TIFF, exactly
// as it is stored. No palette lookup, no scaling of bit depths, no colour conversion, no resize; where a colour map
// speaks of colours, the palette and the scaling are what it speaks of. A TIFF's number for no data, its mask and NaN
// are ignored pixels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "datasets/codecs/byte_source.h"
#include "datasets/codecs/crop_box.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/masks/stored_mask.h"

namespace multipole {

class MaskRows {
 public:
  virtual ~MaskRows() = default;
  virtual int64_t height() const = 0;
  virtual int64_t width() const = 0;
  // The next `count` rows, `height` in all. Throws InputError "cannot read NAME: reason".
  virtual StoredMask read(int64_t count) = 0;
  // From now on read() gives the rows of this part, from its top. False, and nothing happens, where the file can only
  // be read from the top.
  virtual bool go_to(const CropBox&) { return false; }
};

// `name` stands for the file in messages. Throws InputError "cannot read NAME: reason": neither PNG nor TIFF, damaged,
// 16-bit colours; with kColors also 16-bit gray; a TIFF of numbers that are no bytes or 16-bit values.
std::unique_ptr<MaskRows> open_mask_rows(std::unique_ptr<codecs::ByteSource> source, const std::string& name,
                                         const DecodeOptions& options, MaskForm form = MaskForm::kStored);

// The same of a file.
std::unique_ptr<MaskRows> open_mask_rows(const std::filesystem::path& path, const DecodeOptions& options,
                                         MaskForm form = MaskForm::kStored);

// Each kind by itself; throw codecs::CodecError.
std::unique_ptr<MaskRows> open_png_mask(std::unique_ptr<codecs::ByteSource> source, const std::string& name,
                                        const DecodeOptions& options, MaskForm form);
std::unique_ptr<MaskRows> open_tiff_mask(std::unique_ptr<codecs::ByteSource> source, const std::string& name,
                                         const DecodeOptions& options, MaskForm form);

}  // namespace multipole
