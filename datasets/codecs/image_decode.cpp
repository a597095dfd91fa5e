#include "datasets/codecs/image_decode.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/error.h"
#include "base/read_file.h"
#include "datasets/codecs/codec.h"
#include "datasets/codecs/pixels.h"

namespace multipole {

namespace {

using namespace std::string_view_literals;

struct Format {
  std::string_view magic;
  size_t offset;
  codecs::Decoded (*decode)(ByteView, const DecodeOptions&);
};

constexpr Format kFormats[] = {
    {"\xff\xd8\xff"sv, 0, codecs::decode_jpeg},   {"\x89PNG\r\n\x1a\n"sv, 0, codecs::decode_png},
    {"WEBP"sv, 8, codecs::decode_webp},           {"BM"sv, 0, codecs::decode_bmp},
    {"GIF87a"sv, 0, codecs::decode_gif},          {"GIF89a"sv, 0, codecs::decode_gif},
    {"II\x2a\0"sv, 0, codecs::decode_tiff},       {"MM\0\x2a"sv, 0, codecs::decode_tiff},
    {"II\x2b\0\x08\0"sv, 0, codecs::decode_tiff}, {"MM\0\x2b\0\x08"sv, 0, codecs::decode_tiff},
};

bool matches(ByteView bytes, const Format& format) {
  if (bytes.size() < format.offset + format.magic.size()) return false;
  return std::equal(format.magic.begin(), format.magic.end(), bytes.begin() + static_cast<ptrdiff_t>(format.offset),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

// The first bytes as people can read them.
std::string beginning(ByteView bytes) {
  constexpr size_t kShown = 16;
  std::string text;
  for (const uint8_t byte : bytes.first(std::min(kShown, bytes.size()))) {
    if (byte >= 0x20 && byte < 0x7f) {
      text += static_cast<char>(byte);
    } else {
      constexpr char kDigits[] = "0123456789abcdef";
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

}  // namespace

bool is_decoded_here(ByteView beginning) {
  return std::any_of(std::begin(kFormats), std::end(kFormats),
                     [&](const Format& format) { return matches(beginning, format); });
}

DecodedImage decode_image_with_notes(ByteView bytes, const std::string& name, const DecodeOptions& options) {
  DecodeOptions whole = options;
  whole.max_streamed_pixels = options.max_pixels;  // for the decoders of whole files that are ones of rows
  const auto format = std::find_if(std::begin(kFormats), std::end(kFormats),
                                   [&](const Format& candidate) { return matches(bytes, candidate); });
  if (bytes.empty()) throw InputError("cannot read " + name + ": the file is empty");
  if (format == std::end(kFormats)) {
    throw InputError("cannot read " + name + ": not an image: starts with \"" + beginning(bytes) +
                     "\" (known: JPEG, PNG, WebP, BMP, GIF, TIFF)");
  }
  try {
    codecs::Decoded decoded = format->decode(bytes, whole);
    return {codecs::apply_orientation(decoded.pixels, decoded.orientation).contiguous(), std::move(decoded.notes)};
  } catch (const codecs::CodecError& error) {
    throw InputError("cannot read " + name + ": " + error.what());
  }
}

torch::Tensor decode_image(ByteView bytes, const std::string& name, const DecodeOptions& options) {
  return decode_image_with_notes(bytes, name, options).pixels;
}

DecodedImage read_image_with_notes(const std::filesystem::path& path, const DecodeOptions& options) {
  return decode_image_with_notes(read_file(path, options.max_file_bytes), path.string(), options);
}

torch::Tensor read_image(const std::filesystem::path& path, const DecodeOptions& options) {
  return read_image_with_notes(path, options).pixels;
}

}  // namespace multipole
