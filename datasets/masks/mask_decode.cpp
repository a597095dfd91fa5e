#include "datasets/masks/mask_decode.h"

#include <vector>

#include "base/error.h"
#include "base/read_file.h"
#include "datasets/codecs/pixels.h"
#include "datasets/codecs/png_reader.h"

namespace multipole {

namespace {

using codecs::CodecError;
using codecs::PngReader;

// Rows of `row_bytes` bytes, big-endian where a sample has two.
torch::Tensor read_rows(PngReader& reader, int64_t height, int64_t row_bytes) {
  const torch::Tensor stored = torch::empty({height, row_bytes}, torch::kUInt8);
  std::vector<png_bytep> rows(height);
  for (int64_t y = 0; y < height; ++y) rows[y] = stored.data_ptr<uint8_t>() + y * row_bytes;
  reader.run([&rows](png_structp png, png_infop info) {
    png_read_image(png, rows.data());
    png_read_end(png, info);
  });
  return stored;
}

StoredMask decode_png_mask(ByteView bytes, const DecodeOptions& options, MaskForm form) {
  const codecs::MemorySource source(bytes);
  PngReader reader(source);
  reader.run([](png_structp png, png_infop info) { png_read_info(png, info); });
  const int64_t width = png_get_image_width(reader.png(), reader.info());
  const int64_t height = png_get_image_height(reader.png(), reader.info());
  codecs::check_dimensions(width, height, options.max_pixels);
  const int color_type = png_get_color_type(reader.png(), reader.info());
  const bool has_colors = color_type == PNG_COLOR_TYPE_RGB || color_type == PNG_COLOR_TYPE_RGB_ALPHA;
  const bool wide = png_get_bit_depth(reader.png(), reader.info()) == 16;
  if (has_colors && wide) throw CodecError("a mask with 16-bit colours; store class ids, or colours of 8 bits");
  if (form == MaskForm::kColors && wide) {
    throw CodecError("a mask of 16 bits holds class ids, and a colour map speaks of colours of 8 bits");
  }
  const bool colored = has_colors || form == MaskForm::kColors;
  reader.run([&](png_structp png, png_infop info) {
    if (form == MaskForm::kColors && !has_colors) {
      if (color_type == PNG_COLOR_TYPE_PALETTE) {
        png_set_palette_to_rgb(png);
      } else {
        png_set_expand_gray_1_2_4_to_8(png);
        png_set_gray_to_rgb(png);
      }
    }
    png_set_packing(png);  // one value a byte, as stored
    png_set_strip_alpha(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
  });
  const int64_t samples = width * (colored ? 3 : 1), row_bytes = samples * (wide ? 2 : 1);
  if (png_get_rowbytes(reader.png(), reader.info()) != static_cast<size_t>(row_bytes)) {
    throw CodecError("an unknown kind of PNG");
  }
  const torch::Tensor stored = read_rows(reader, height, row_bytes);
  if (colored) return {stored.view({height, width, 3})};
  if (!wide) return {stored.to(torch::kInt)};
  const auto halves = stored.view({height, width, 2}).to(torch::kInt);
  return {halves.select(2, 0) * 256 + halves.select(2, 1)};
}

}  // namespace

StoredMask decode_mask(ByteView bytes, const std::string& name, const DecodeOptions& options, MaskForm form) {
  if (bytes.size() < 8 || png_sig_cmp(bytes.data(), 0, 8) != 0) {
    throw InputError("cannot read " + name + ": a mask has to be a PNG, which keeps class ids exactly");
  }
  try {
    return decode_png_mask(bytes, options, form);
  } catch (const CodecError& error) {
    throw InputError("cannot read " + name + ": " + error.what());
  }
}

StoredMask read_mask(const std::filesystem::path& path, const DecodeOptions& options, MaskForm form) {
  return decode_mask(read_file(path, options.max_file_bytes), path.string(), options, form);
}

}  // namespace multipole
