// PNG through libpng: every CRC checked, 16-bit scaled, palette and gray expanded, alpha composited over white.
#include <vector>

#include "datasets/codecs/codec.h"
#include "datasets/codecs/exif.h"
#include "datasets/codecs/pixels.h"
#include "datasets/codecs/png_reader.h"

namespace multipole::codecs {

namespace {

void read_orientation(PngReader& reader, Decoded& out) {
#ifdef PNG_eXIf_SUPPORTED
  png_uint_32 count = 0;
  png_bytep block = nullptr;
  if (png_get_eXIf_1(reader.png(), reader.info(), &count, &block) == 0) return;
  const auto orientation = exif_orientation(ByteView(block, count));
  if (!orientation) out.notes.emplace_back("corrupt EXIF ignored");
  out.orientation = orientation.value_or(1);
#endif
}

// Palette indices -> RGB over white; libpng's own expansion takes an index beyond the palette for black.
torch::Tensor apply_palette(PngReader& reader, const torch::Tensor& indices) {
  png_colorp colors = nullptr;
  int num_colors = 0, num_alphas = 0;
  png_bytep alphas = nullptr;
  png_get_PLTE(reader.png(), reader.info(), &colors, &num_colors);
  png_get_tRNS(reader.png(), reader.info(), &alphas, &num_alphas, nullptr);
  torch::Tensor pixels = allocate_rgb(indices.size(0), indices.size(1));
  const auto* const index = indices.data_ptr<uint8_t>();
  auto* rgb = pixels.data_ptr<uint8_t>();
  for (int64_t i = 0; i < indices.numel(); ++i) {
    const int entry = index[i];
    if (entry >= num_colors) {
      throw CodecError("the palette index " + std::to_string(entry) + " is beyond the palette of " +
                       std::to_string(num_colors));
    }
    const uint8_t alpha = alphas != nullptr && entry < num_alphas ? alphas[entry] : 255;
    *rgb++ = over_white(colors[entry].red, alpha);
    *rgb++ = over_white(colors[entry].green, alpha);
    *rgb++ = over_white(colors[entry].blue, alpha);
  }
  return pixels;
}

torch::Tensor to_rgb(PngReader& reader, const torch::Tensor& stored) {
  switch (stored.size(2)) {
    case 1:
      return apply_palette(reader, stored);
    case 4: {
      torch::Tensor pixels = allocate_rgb(stored.size(0), stored.size(1));
      rgba_over_white(stored.data_ptr<uint8_t>(), pixels.data_ptr<uint8_t>(), stored.size(0) * stored.size(1));
      return pixels;
    }
    default:
      return stored;
  }
}

}  // namespace

Decoded decode_png(ByteView bytes, const DecodeOptions& options) {
  PngReader reader(bytes);
  reader.run([](png_structp png, png_infop info) { png_read_info(png, info); });
  const int64_t width = png_get_image_width(reader.png(), reader.info());
  const int64_t height = png_get_image_height(reader.png(), reader.info());
  check_dimensions(width, height, options);
  const bool palette = png_get_color_type(reader.png(), reader.info()) == PNG_COLOR_TYPE_PALETTE;
  reader.run([palette](png_structp png, png_infop info) {
    if (palette) {
      png_set_packing(png);  // one index a byte
    } else {
      png_set_scale_16(png);  // value / 257, rounded
      png_set_expand(png);
      png_set_gray_to_rgb(png);
    }
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
  });
  const int64_t channels = png_get_channels(reader.png(), reader.info());
  if (png_get_rowbytes(reader.png(), reader.info()) != static_cast<size_t>(width * channels)) {
    throw CodecError("an unknown kind of PNG");
  }

  Decoded out;
  const torch::Tensor stored = torch::empty({height, width, channels}, torch::kUInt8);
  std::vector<png_bytep> rows(height);
  for (int64_t y = 0; y < height; ++y) rows[y] = stored.data_ptr<uint8_t>() + y * width * channels;
  reader.run([&rows](png_structp png, png_infop info) {
    png_read_image(png, rows.data());
    png_read_end(png, info);
  });
  read_orientation(reader, out);
  out.pixels = to_rgb(reader, stored);
  return out;
}

}  // namespace multipole::codecs
