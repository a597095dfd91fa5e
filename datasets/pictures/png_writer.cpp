#include "datasets/pictures/png_writer.h"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace multipole {

// Keeps what libpng has written until the caller takes it: nothing may be thrown through libpng.
class PngWriter::Encoder {
 public:
  Encoder() {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, fail, [](png_structp, png_const_charp) {});
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_write_struct(&png_, nullptr);
      throw std::bad_alloc();
    }
    png_set_write_fn(png_, this, append, [](png_structp) {});
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  }
  ~Encoder() { png_destroy_write_struct(&png_, &info_); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  // `step` is skipped over by longjmp when libpng fails: it must own nothing that has a destructor.
  template <class Step>
  void run(Step step) {
    if (setjmp(jump_) != 0) throw std::invalid_argument("libpng refused a picture: " + message_);
    step(png_, info_);
  }

  std::vector<uint8_t> take() { return std::exchange(bytes_, {}); }

 private:
  static void append(png_structp png, png_bytep data, size_t count) {
    auto& bytes = static_cast<Encoder*>(png_get_io_ptr(png))->bytes_;
    bytes.insert(bytes.end(), data, data + count);
  }
  [[noreturn]] static void fail(png_structp png, png_const_charp message) {
    auto& self = *static_cast<Encoder*>(png_get_error_ptr(png));
    self.message_ = message;
    std::longjmp(self.jump_, 1);
  }

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  std::vector<uint8_t> bytes_;
  std::string message_;
};

PngWriter::PngWriter(int64_t height, int64_t width, Kind kind, const std::vector<PaletteColor>& palette, ByteSink sink)
    : encoder_(std::make_unique<Encoder>()), sink_(std::move(sink)) {
  std::vector<png_color> colors;
  for (const auto& [red, green, blue] : palette) colors.push_back({red, green, blue});
  const int type = kind == Kind::kRgb    ? PNG_COLOR_TYPE_RGB
                   : kind == Kind::kGray ? PNG_COLOR_TYPE_GRAY
                                         : PNG_COLOR_TYPE_PALETTE;
  encoder_->run([&](png_structp png, png_infop info) {
    png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), 8, type,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (!colors.empty()) png_set_PLTE(png, info, colors.data(), static_cast<int>(colors.size()));
    png_write_info(png, info);
  });
}

PngWriter::~PngWriter() = default;

void PngWriter::write(const torch::Tensor& rows) {
  const torch::Tensor bytes = rows.contiguous();
  const int64_t row_bytes = bytes.numel() / std::max<int64_t>(1, bytes.size(0));
  for (int64_t y = 0; y < bytes.size(0); ++y) {
    const auto* const row = bytes.data_ptr<uint8_t>() + y * row_bytes;
    encoder_->run([row](png_structp png, png_infop) { png_write_row(png, row); });
  }
  const auto encoded = encoder_->take();
  sink_(encoded.data(), encoded.size());
}

void PngWriter::finish() {
  encoder_->run([](png_structp png, png_infop info) { png_write_end(png, info); });
  const auto encoded = encoder_->take();
  sink_(encoded.data(), encoded.size());
}

}  // namespace multipole
