#include "datasets/pictures/fitted_picture.h"

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/read_file.h"
#include "datasets/codecs/row_decoder.h"
#include "datasets/pictures/center_crop.h"
#include "datasets/pictures/read_picture.h"
#include "datasets/pictures/row_resize.h"

namespace multipole {
namespace {

constexpr int64_t kRgb = 3;

bool is_jpeg(const std::filesystem::path& path) {
  constexpr std::array<uint8_t, 3> kMagic = {0xff, 0xd8, 0xff};
  std::array<uint8_t, 3> bytes = {};
  codecs::FileSource(path).read(0, bytes.data(), bytes.size());
  return bytes == kMagic;
}

// Nothing where the picture is stored turned.
std::optional<DecodedImage> read_upright_jpeg(ByteView bytes, DecodeOptions options,
                                              const Preprocessing& preprocessing) {
  options.max_streamed_pixels = options.max_pixels;  // the limit is that of pictures that are decoded whole
  const codecs::MemorySource source(bytes);
  const auto decoder = codecs::open_jpeg_rows(source, options);
  const int64_t height = decoder->header().height, width = decoder->header().width;
  if (decoder->header().orientation != 1) return std::nullopt;
  const CenterCrop crop = center_crop(height, width, preprocessing);
  const RowResize resize(height, width, crop.height, crop.width, crop.window, crop.interpolation);
  const int64_t stride = resize.source().width * kRgb;
  decoder->narrow_to(resize.source());
  std::vector<uint8_t> rows;
  DecodedImage image;
  image.pixels = resize.run(kRgb, [&](int64_t count) -> PixelRows {
    rows.resize(static_cast<size_t>(count * stride));
    decoder->read(count, rows.data());
    return {rows.data(), stride};
  });
  image.notes = decoder->header().notes;
  return image;
}

}  // namespace

DecodedImage read_fitted_picture(const std::filesystem::path& path, const DecodeOptions& options,
                                 const Preprocessing& preprocessing) {
  if (!options.bands.any() && is_jpeg(path)) {
    const auto bytes = read_file(path, options.max_file_bytes);
    try {
      if (auto image = read_upright_jpeg(bytes, options, preprocessing)) return std::move(*image);
    } catch (const codecs::CodecError& error) {
      throw InputError("cannot read " + path.string() + ": " + error.what());
    }
  }
  DecodedImage image = read_picture(path, options);
  return {resize_center_crop(image.pixels, preprocessing), std::move(image.notes)};
}

}  // namespace multipole
