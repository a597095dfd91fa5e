#include <utility>
#include <vector>

#include "base/error.h"
#include "datasets/codecs/pixels.h"
#include "datasets/codecs/png_reader.h"
#include "datasets/masks/mask_rows.h"

namespace multipole {
namespace {

using codecs::CodecError;

class PngMask : public MaskRows {
 public:
  PngMask(std::unique_ptr<codecs::ByteSource> source, std::string name, const DecodeOptions& options, MaskForm form)
      : source_(std::move(source)), name_(std::move(name)), reader_(*source_) {
    reader_.run([](png_structp png, png_infop info) { png_read_info(png, info); });
    width_ = png_get_image_width(reader_.png(), reader_.info());
    height_ = png_get_image_height(reader_.png(), reader_.info());
    interlaced_ = png_get_interlace_type(reader_.png(), reader_.info()) != PNG_INTERLACE_NONE;
    codecs::check_dimensions(width_, height_, interlaced_ ? options.max_pixels : options.max_streamed_pixels);
    take_form(form);
  }

  int64_t height() const override { return height_; }
  int64_t width() const override { return width_; }

  // Rows of `row_bytes` bytes, big-endian where a sample has two.
  StoredMask read(int64_t count) override {
    torch::Tensor stored;
    try {
      stored = interlaced_ ? rows_of_whole(count) : next_rows(count);
    } catch (const CodecError& error) {
      throw InputError("cannot read " + name_ + ": " + error.what());
    }
    if (colored_) return {stored.view({count, width_, 3})};
    if (!wide_) return {stored.to(torch::kInt)};
    const auto halves = stored.view({count, width_, 2}).to(torch::kInt);
    return {halves.select(2, 0) * 256 + halves.select(2, 1)};
  }

 private:
  void take_form(MaskForm form) {
    const int color_type = png_get_color_type(reader_.png(), reader_.info());
    const bool has_colors = color_type == PNG_COLOR_TYPE_RGB || color_type == PNG_COLOR_TYPE_RGB_ALPHA;
    wide_ = png_get_bit_depth(reader_.png(), reader_.info()) == 16;
    if (has_colors && wide_) throw CodecError("a mask with 16-bit colours; store class ids, or colours of 8 bits");
    if (form == MaskForm::kColors && wide_) {
      throw CodecError("a mask of 16 bits holds class ids, and a colour map speaks of colours of 8 bits");
    }
    colored_ = has_colors || form == MaskForm::kColors;
    const bool to_colors = colored_ && !has_colors;
    reader_.run([&](png_structp png, png_infop info) {
      if (to_colors && color_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
      if (to_colors && color_type != PNG_COLOR_TYPE_PALETTE) {
        png_set_expand_gray_1_2_4_to_8(png);
        png_set_gray_to_rgb(png);
      }
      png_set_packing(png);  // one value a byte, as stored
      png_set_strip_alpha(png);
      png_set_interlace_handling(png);
      png_read_update_info(png, info);
    });
    row_bytes_ = width_ * (colored_ ? 3 : 1) * (wide_ ? 2 : 1);
    if (png_get_rowbytes(reader_.png(), reader_.info()) != static_cast<size_t>(row_bytes_)) {
      throw CodecError("an unknown kind of PNG");
    }
  }

  torch::Tensor next_rows(int64_t count) {
    torch::Tensor stored = torch::empty({count, row_bytes_}, torch::kUInt8);
    auto* const first = stored.data_ptr<uint8_t>();
    const int64_t row_bytes = row_bytes_;
    reader_.run([=](png_structp png, png_infop) {
      for (int64_t y = 0; y < count; ++y) png_read_row(png, first + y * row_bytes, nullptr);
    });
    next_row_ += count;
    finish();
    return stored;
  }

  torch::Tensor rows_of_whole(int64_t count) {
    if (!whole_.defined()) {
      whole_ = torch::empty({height_, row_bytes_}, torch::kUInt8);
      std::vector<png_bytep> rows(static_cast<size_t>(height_));
      for (int64_t y = 0; y < height_; ++y) {
        rows[static_cast<size_t>(y)] = whole_.data_ptr<uint8_t>() + y * row_bytes_;
      }
      reader_.run([&rows](png_structp png, png_infop) { png_read_image(png, rows.data()); });
    }
    next_row_ += count;
    finish();
    return whole_.narrow(0, next_row_ - count, count);
  }

  // The last rows are given only where the rest of the file is sound.
  void finish() {
    if (next_row_ != height_) return;
    reader_.run([](png_structp png, png_infop) { png_read_end(png, nullptr); });
  }

  std::unique_ptr<codecs::ByteSource> source_;
  std::string name_;
  codecs::PngReader reader_;
  int64_t height_ = 0, width_ = 0, row_bytes_ = 0, next_row_ = 0;
  bool interlaced_ = false, wide_ = false, colored_ = false;
  torch::Tensor whole_;  // of an interlaced file
};

}  // namespace

std::unique_ptr<MaskRows> open_png_mask(std::unique_ptr<codecs::ByteSource> source, const std::string& name,
                                        const DecodeOptions& options, MaskForm form) {
  return std::make_unique<PngMask>(std::move(source), name, options, form);
}

}  // namespace multipole
