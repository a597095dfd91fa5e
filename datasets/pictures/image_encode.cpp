#include "datasets/pictures/image_encode.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "base/error.h"

namespace multipole {

namespace {

std::vector<uint8_t> encode(const torch::Tensor& pixels, PngWriter::Kind kind,
                            const std::vector<PaletteColor>& palette) {
  std::vector<uint8_t> bytes;
  PngWriter writer(pixels.size(0), pixels.size(1), kind, palette, [&bytes](const void* data, size_t size) {
    const auto* const first = static_cast<const uint8_t*>(data);
    bytes.insert(bytes.end(), first, first + size);
  });
  writer.write(pixels);
  writer.finish();
  return bytes;
}

}  // namespace

std::vector<uint8_t> encode_png(const torch::Tensor& image) {
  TORCH_CHECK(image.dim() == 3 && image.size(2) == 3 && image.scalar_type() == torch::kUInt8,
              "encode_png: expected (H, W, 3) uint8, got ", image.sizes(), " ", image.scalar_type());
  return encode(image, PngWriter::Kind::kRgb, {});
}

std::vector<uint8_t> encode_png_mask(const torch::Tensor& mask, const std::vector<PaletteColor>& palette) {
  TORCH_CHECK(mask.dim() == 2 && mask.scalar_type() == torch::kUInt8, "encode_png_mask: expected (H, W) uint8, got ",
              mask.sizes(), " ", mask.scalar_type());
  return encode(mask, PngWriter::Kind::kPalette, full_palette(palette));
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
