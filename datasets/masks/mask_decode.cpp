#include "datasets/masks/mask_decode.h"

#include <utility>

#include "datasets/masks/mask_rows.h"

namespace multipole {
namespace {

StoredMask read_all(std::unique_ptr<codecs::ByteSource> source, const std::string& name, DecodeOptions options,
                    MaskForm form) {
  options.max_streamed_pixels = options.max_pixels;
  const auto rows = open_mask_rows(std::move(source), name, options, form);
  return rows->read(rows->height());
}

}  // namespace

StoredMask decode_mask(ByteView bytes, const std::string& name, const DecodeOptions& options, MaskForm form) {
  return read_all(std::make_unique<codecs::MemorySource>(bytes), name, options, form);
}

StoredMask read_mask(const std::filesystem::path& path, const DecodeOptions& options, MaskForm form) {
  return read_all(std::make_unique<codecs::FileSource>(path), path.string(), options, form);
}

}  // namespace multipole
