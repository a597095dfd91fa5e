#include "datasets/masks/mask_rows.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "datasets/codecs/codec.h"

namespace multipole {
namespace {

std::string_view beginning(const codecs::ByteSource& source, std::array<char, 8>& bytes) {
  return {bytes.data(), source.read(0, bytes.data(), bytes.size())};
}

}  // namespace

std::unique_ptr<MaskRows> open_mask_rows(std::unique_ptr<codecs::ByteSource> source, const std::string& name,
                                         const DecodeOptions& options, MaskForm form) {
  std::array<char, 8> bytes = {};
  const std::string_view magic = beginning(*source, bytes);
  try {
    if (magic == "\x89PNG\r\n\x1a\n") return open_png_mask(std::move(source), name, options, form);
    if (magic.starts_with("II") || magic.starts_with("MM")) {
      return open_tiff_mask(std::move(source), name, options, form);
    }
  } catch (const codecs::CodecError& error) {
    throw InputError("cannot read " + name + ": " + error.what());
  }
  throw InputError("cannot read " + name + ": " +
                   (magic.starts_with("\xff\xd8\xff") ? "it is a JPEG, which blurs class ids into others; " : "") +
                   "a mask has to be a PNG or a TIFF, which keep class ids exactly");
}

std::unique_ptr<MaskRows> open_mask_rows(const std::filesystem::path& path, const DecodeOptions& options,
                                         MaskForm form) {
  return open_mask_rows(std::make_unique<codecs::FileSource>(path), path.string(), options, form);
}

}  // namespace multipole
