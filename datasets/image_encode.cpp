#include "datasets/image_encode.h"

#include <png.h>

#include <cerrno>
#include <csetjmp>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>

#include "backbone/config/error.h"

namespace multipole {

namespace {

struct PngSink {
  std::vector<uint8_t> bytes;
  std::jmp_buf jump;
};

void append(png_structp png, png_bytep data, size_t count) {
  auto& bytes = static_cast<PngSink*>(png_get_io_ptr(png))->bytes;
  bytes.insert(bytes.end(), data, data + count);
}

[[noreturn]] void fail(png_structp png, png_const_charp) {
  std::longjmp(static_cast<PngSink*>(png_get_error_ptr(png))->jump, 1);
}

// Writes rows of `row_bytes` each; `palette` is empty for RGB.
std::vector<uint8_t> encode(const uint8_t* pixels, int64_t height, int64_t width, int64_t row_bytes,
                            const std::vector<png_color>& palette) {
  PngSink sink;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &sink, fail, [](png_structp, png_const_charp) {});
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr) {
    png_destroy_write_struct(&png, nullptr);
    throw std::bad_alloc();
  }
  if (setjmp(sink.jump) != 0) {
    png_destroy_write_struct(&png, &info);
    throw std::invalid_argument("libpng refused a picture of " + std::to_string(height) + " x " +
                                std::to_string(width) + " pixels");
  }
  png_set_write_fn(png, &sink, append, [](png_structp) {});
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), 8,
               palette.empty() ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!palette.empty()) png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
  png_write_info(png, info);
  for (int64_t y = 0; y < height; ++y) png_write_row(png, pixels + y * row_bytes);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return std::move(sink.bytes);
}

}  // namespace

std::vector<PaletteColor> default_palette() {
  std::vector<PaletteColor> palette(256, PaletteColor{0, 0, 0});
  for (int id = 0; id < 256; ++id) {
    for (int bit = 0; bit < 8; ++bit) {
      palette[id][bit % 3] |= static_cast<uint8_t>((id >> bit & 1) << (7 - bit / 3));
    }
  }
  return palette;
}

std::vector<uint8_t> encode_png(const torch::Tensor& image) {
  TORCH_CHECK(image.dim() == 3 && image.size(2) == 3 && image.scalar_type() == torch::kUInt8,
              "encode_png: expected (H, W, 3) uint8, got ", image.sizes(), " ", image.scalar_type());
  const torch::Tensor pixels = image.contiguous();
  return encode(pixels.data_ptr<uint8_t>(), pixels.size(0), pixels.size(1), pixels.size(1) * 3, {});
}

std::vector<uint8_t> encode_png_mask(const torch::Tensor& mask, const std::vector<PaletteColor>& palette) {
  TORCH_CHECK(mask.dim() == 2 && mask.scalar_type() == torch::kUInt8, "encode_png_mask: expected (H, W) uint8, got ",
              mask.sizes(), " ", mask.scalar_type());
  std::vector<PaletteColor> colors = default_palette();
  std::copy_n(palette.begin(), std::min(palette.size(), colors.size()), colors.begin());
  std::vector<png_color> entries;
  for (const auto& [red, green, blue] : colors) entries.push_back({red, green, blue});
  const torch::Tensor pixels = mask.contiguous();
  return encode(pixels.data_ptr<uint8_t>(), pixels.size(0), pixels.size(1), pixels.size(1), entries);
}

void write_bytes(const std::filesystem::path& path, const std::vector<uint8_t>& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (file) file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file.good()) return;
  const std::string reason = std::strerror(errno);
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) std::filesystem::remove(path, ignored);
  throw ResourceError("cannot write " + path.string() + ": " + reason);
}

}  // namespace multipole
