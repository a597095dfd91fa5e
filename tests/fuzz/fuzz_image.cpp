// The doors that every picture comes in by: refused with InputError, or a whole RGB picture within the limit, or a
// raster's numbers.
#include <torch/utils.h>

#include "base/error.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/rasters/raster.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/fuzz/fuzz_target.h"

namespace multipole::fuzz {
namespace {

constexpr int64_t kMaxPixels = 1 << 14;

void decode(ByteView bytes, bool allow_truncated) {
  DecodeOptions options;
  options.max_pixels = kMaxPixels;
  options.allow_truncated = allow_truncated;
  try {
    const torch::Tensor pixels = decode_image(bytes, "fuzz", options);
    if (pixels.dim() != 3 || pixels.size(2) != 3 || pixels.scalar_type() != torch::kUInt8 || !pixels.is_contiguous()) {
      fail("a picture is (H, W, 3) bytes");
    }
    if (pixels.size(0) * pixels.size(1) > kMaxPixels) fail("no picture is larger than the limit");
    // every byte is there
    const auto* const data = pixels.data_ptr<uint8_t>();
    volatile uint8_t last = 0;
    for (int64_t i = 0; i < pixels.numel(); ++i) last = data[i];
    static_cast<void>(last);
  } catch (const InputError&) {
  }
}

// The other door, for the numbers of rasters: refused likewise, or all of them.
void read_raster(ByteView bytes) {
  DecodeOptions options;
  options.max_pixels = options.max_streamed_pixels = kMaxPixels;
  try {
    const auto raster = open_raster(std::make_unique<codecs::MemorySource>(bytes), "fuzz", {}, options);
    const RasterPart part = raster->read(raster->header().height);
    if (part.numbers.size(0) != raster->header().height || part.numbers.size(2) < 1) fail("a raster is (H, W, C)");
  } catch (const InputError&) {
  }
}

}  // namespace

std::vector<std::string> seeds() {
  const torch::Tensor image = test::gradient_image(7, 9);
  const auto* const begin = image.data_ptr<uint8_t>();
  test::RawTiff tiff{.width = 9, .height = 7, .orientation = 6, .data = test::Bytes(begin, begin + image.numel())};
  const test::RawPng palette{
      .width = 2, .height = 1, .color_type = 3, .palette = {1, 2, 3, 4, 5, 6}, .transparency = {9}, .rows = {0, 1}};
  std::vector<test::Bytes> files = {test::encode_jpeg(image),
                                    test::encode_jpeg(image, 90, true),
                                    test::with_app1(test::encode_jpeg(image), test::exif_block(6)),
                                    encode_png(image),
                                    test::encode_raw_png(palette),
                                    test::encode_webp(image),
                                    test::encode_bmp(image),
                                    test::encode_gif(image.select(2, 0), test::Bytes(768, 7), 3, true),
                                    test::encode_raw_tiff(tiff)};
  tiff.compression = 5;
  files.push_back(test::encode_raw_tiff(tiff));
  tiff.orientation = 1;
  files.push_back(test::encode_raw_tiff(tiff));
  tiff.separate = true;
  tiff.tile = 32;
  files.push_back(test::encode_raw_tiff(tiff));
  std::vector<std::string> texts;
  for (const auto& file : files) texts.emplace_back(file.begin(), file.end());
  return texts;
}

}  // namespace multipole::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace multipole;
  fuzz::decode(ByteView(data, size), false);
  fuzz::decode(ByteView(data, size), true);
  fuzz::read_raster(ByteView(data, size));
  return 0;
}
