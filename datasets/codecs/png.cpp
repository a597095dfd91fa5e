// PNG through libpng: every CRC checked, 16-bit scaled, palette and gray expanded, alpha composited over white.
#include <array>
#include <cstring>
#include <vector>

#include "datasets/codecs/codec.h"
#include "datasets/codecs/exif.h"
#include "datasets/codecs/pixels.h"
#include "datasets/codecs/png_reader.h"
#include "datasets/codecs/row_decoder.h"

namespace multipole::codecs {

namespace {

class PngRows : public RowDecoder {
 public:
  PngRows(const ByteSource& source, const DecodeOptions& options) : reader_(source) {
    reader_.run([](png_structp png, png_infop info) { png_read_info(png, info); });
    header_.width = png_get_image_width(reader_.png(), reader_.info());
    header_.height = png_get_image_height(reader_.png(), reader_.info());
    header_.streams = png_get_interlace_type(reader_.png(), reader_.info()) == PNG_INTERLACE_NONE;
    check_dimensions(header_.width, header_.height, header_.streams ? options.max_streamed_pixels : options.max_pixels);
    const bool palette = png_get_color_type(reader_.png(), reader_.info()) == PNG_COLOR_TYPE_PALETTE;
    reader_.run([palette](png_structp png, png_infop info) {
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
    channels_ = png_get_channels(reader_.png(), reader_.info());
    if (png_get_rowbytes(reader_.png(), reader_.info()) != static_cast<size_t>(header_.width * channels_)) {
      throw CodecError("an unknown kind of PNG");
    }
    read_orientation();
  }

  void read(int64_t count, uint8_t* rgb) override {
    const bool is_rgb = channels_ == 3;
    const int64_t at_once = header_.streams ? 1 : count;
    stored_.resize(is_rgb ? 0 : static_cast<size_t>(at_once * header_.width * channels_));
    for (int64_t y = 0; y < count; y += at_once, rgb += at_once * header_.width * 3) {
      read_stored(is_rgb ? rgb : stored_.data(), at_once);
      if (!is_rgb) to_rgb(rgb, at_once * header_.width);
    }
    num_read_ += count;
    if (num_read_ < header_.height) return;
    reader_.run([](png_structp png, png_infop info) { png_read_end(png, info); });
    read_orientation();  // it may stand behind the pixels
  }

 private:
  void read_orientation() {
#ifdef PNG_eXIf_SUPPORTED
    png_uint_32 count = 0;
    png_bytep block = nullptr;
    if (has_exif_ || png_get_eXIf_1(reader_.png(), reader_.info(), &count, &block) == 0) return;
    has_exif_ = true;
    const auto orientation = exif_orientation(ByteView(block, count));
    if (!orientation) header_.notes.emplace_back("corrupt EXIF ignored");
    header_.orientation = orientation.value_or(1);
#endif
  }

  void read_stored(uint8_t* rows, int64_t count) {
    if (header_.streams) {
      reader_.run([rows](png_structp png, png_infop) { png_read_row(png, rows, nullptr); });
      return;
    }
    std::vector<png_bytep> pointers(static_cast<size_t>(count));
    for (int64_t y = 0; y < count; ++y) pointers[static_cast<size_t>(y)] = rows + y * header_.width * channels_;
    reader_.run([&pointers](png_structp png, png_infop) { png_read_image(png, pointers.data()); });
  }

  void to_rgb(uint8_t* rgb, int64_t num_pixels) const {
    if (channels_ == 1) {
      apply_palette(rgb, num_pixels);
    } else {
      rgba_over_white(stored_.data(), rgb, num_pixels);
    }
  }

  // Palette indices -> RGB over white; libpng's own expansion takes an index beyond the palette for black.
  void apply_palette(uint8_t* rgb, int64_t num_pixels) const {
    png_colorp colors = nullptr;
    int num_colors = 0, num_alphas = 0;
    png_bytep alphas = nullptr;
    png_get_PLTE(reader_.png(), reader_.info(), &colors, &num_colors);
    png_get_tRNS(reader_.png(), reader_.info(), &alphas, &num_alphas, nullptr);
    for (int64_t i = 0; i < num_pixels; ++i) {
      const int entry = stored_[static_cast<size_t>(i)];
      if (entry >= num_colors) {
        throw CodecError("the palette index " + std::to_string(entry) + " is beyond the palette of " +
                         std::to_string(num_colors));
      }
      const uint8_t alpha = alphas != nullptr && entry < num_alphas ? alphas[entry] : 255;
      *rgb++ = over_white(colors[entry].red, alpha);
      *rgb++ = over_white(colors[entry].green, alpha);
      *rgb++ = over_white(colors[entry].blue, alpha);
    }
  }

  PngReader reader_;
  int64_t channels_ = 0;
  int64_t num_read_ = 0;  // rows
  bool has_exif_ = false;
  std::vector<uint8_t> stored_;  // rows that are not RGB as they come
};

// Whether the file's chunks put EXIF, and with it perhaps a rotation, behind the pixels.
bool has_late_exif(const ByteSource& source) {
  constexpr uint64_t kSignature = 8, kChunkOverhead = 12;  // length, type and CRC
  bool pixels_seen = false;
  std::array<uint8_t, 8> head = {};
  for (uint64_t offset = kSignature; source.read(offset, head.data(), head.size()) == head.size();) {
    const bool is_exif = std::memcmp(head.data() + 4, "eXIf", 4) == 0;
    pixels_seen = pixels_seen || std::memcmp(head.data() + 4, "IDAT", 4) == 0;
    if (is_exif) return pixels_seen;
    offset += kChunkOverhead + png_get_uint_32(head.data());
  }
  return false;
}

}  // namespace

std::unique_ptr<RowDecoder> open_png_rows(const ByteSource& source, const DecodeOptions& options) {
  if (has_late_exif(source)) return nullptr;
  return std::make_unique<PngRows>(source, options);
}

Decoded decode_png(ByteView bytes, const DecodeOptions& options) {
  const MemorySource source(bytes);
  PngRows rows(source, options);
  return decode_rows(rows);
}

}  // namespace multipole::codecs
