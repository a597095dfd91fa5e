// Pictures read row by row are the pictures decoded whole, pixel for pixel and error for error.
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/utils.h>

#include <algorithm>

#include "base/error.h"
#include "base/read_file.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/picture_rows.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::Bytes;
using test::random_int;

torch::Tensor noise_rows(int64_t height, int64_t width, int64_t channels) {
  return torch::randint(0, 256, {height, width, channels}, torch::kUInt8);
}

Bytes file_bytes(const std::filesystem::path& path) { return read_file(path, int64_t{1} << 30); }

// In pieces of random heights.
torch::Tensor read_in_pieces(PictureRows& picture) {
  std::vector<torch::Tensor> pieces;
  for (int64_t left = picture.height(); left > 0;) {
    const int64_t count = random_int(1, left);
    pieces.push_back(picture.read(count));
    left -= count;
  }
  return torch::cat(pieces);
}

void expect_same_rows(const std::filesystem::path& path) {
  const auto whole = decode_image(file_bytes(path), path.string());
  const auto picture = open_picture_rows(path, {});
  ASSERT_EQ(picture->height(), whole.size(0)) << path;
  ASSERT_EQ(picture->width(), whole.size(1)) << path;
  EXPECT_TRUE(torch::equal(read_in_pieces(*picture), whole)) << path;
}

Bytes tiled_tiff(const torch::Tensor& pixels, uint32_t tile_width, uint32_t tile_height) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "tiled.tif";
  TIFF* const tiff = TIFFOpen(path.c_str(), "w");
  const auto height = pixels.size(0), width = pixels.size(1), samples = pixels.size(2);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(width));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(height));
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, static_cast<int>(samples));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, samples == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
  TIFFSetField(tiff, TIFFTAG_TILEWIDTH, tile_width);
  TIFFSetField(tiff, TIFFTAG_TILELENGTH, tile_height);
  for (int64_t y = 0; y < height; y += tile_height) {
    for (int64_t x = 0; x < width; x += tile_width) {
      auto tile = torch::zeros({tile_height, tile_width, samples}, torch::kUInt8);
      const auto part = pixels.slice(0, y, y + tile_height).slice(1, x, x + tile_width);
      tile.slice(0, 0, part.size(0)).slice(1, 0, part.size(1)).copy_(part);
      TIFFWriteTile(tiff, tile.data_ptr(), static_cast<uint32_t>(x), static_cast<uint32_t>(y), 0, 0);
    }
  }
  TIFFClose(tiff);
  return file_bytes(path);
}

Bytes striped_tiff(int samples, int bits, int orientation = 1) {
  test::RawTiff tiff;
  tiff.width = static_cast<uint32_t>(random_int(1, 60));
  tiff.height = static_cast<uint32_t>(random_int(1, 60));
  tiff.samples = samples;
  tiff.bits = bits;
  tiff.photometric = samples == 1 ? 1 : 2;
  tiff.compression = COMPRESSION_LZW;
  tiff.orientation = orientation;
  tiff.data = Bytes(static_cast<size_t>(tiff.width) * tiff.height * samples * bits / 8);
  for (auto& byte : tiff.data) byte = static_cast<uint8_t>(random_int(0, 255));
  return test::encode_raw_tiff(tiff);
}

// Random rows of a PNG of this kind.
test::RawPng raw_png(int color_type, int bit_depth) {
  test::RawPng png{.bit_depth = bit_depth, .color_type = color_type};
  png.width = static_cast<uint32_t>(random_int(1, 60));
  png.height = static_cast<uint32_t>(random_int(1, 60));
  const int samples = color_type == 2 ? 3 : color_type == 4 ? 2 : color_type == 6 ? 4 : 1;
  png.rows = Bytes(((static_cast<size_t>(png.width) * samples * bit_depth + 7) / 8) * png.height);
  for (auto& byte : png.rows) byte = static_cast<uint8_t>(random_int(0, 255));
  return png;
}

TEST(PictureRows, EveryKindOfPngIsThePictureDecodedWhole) {
  const test::TemporaryFolder folder;
  for (const auto& [color_type, bit_depth] : std::vector<std::pair<int, int>>{
           {0, 1}, {0, 2}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 8}, {3, 4}, {4, 8}, {4, 16}, {6, 8}, {6, 16}}) {
    auto png = raw_png(color_type, bit_depth);
    if (color_type == 3) {
      png.palette = Bytes(768);
      for (auto& byte : png.palette) byte = static_cast<uint8_t>(random_int(0, 255));
      png.palette.resize(3U << bit_depth);
      png.transparency = {0, 100, 200};
    }
    const auto name = std::to_string(color_type) + "-" + std::to_string(bit_depth) + ".png";
    expect_same_rows(folder.write(name, test::encode_raw_png(png)));
    for (int orientation = 1; orientation <= 8; ++orientation) {
      const Bytes block = test::exif_block(orientation);
      png.exif = Bytes(block.begin() + 6, block.end());
      for (const bool last : {false, true}) {
        png.exif_last = last;
        expect_same_rows(folder.write(name, test::encode_raw_png(png)));
      }
    }
  }
  const test::RawPng interlaced{.interlaced = true, .rows = {1, 2, 3}};
  expect_same_rows(folder.write("interlaced.png", test::encode_raw_png(interlaced)));
}

TEST(PictureRows, APngIsDecodedNoFurtherThanItIsAskedFor) {
  const test::TemporaryFolder folder;
  Bytes bytes = encode_png(noise_rows(300, 200, 3));
  bytes.resize(bytes.size() / 2);
  const auto picture = open_picture_rows(folder.write("half.png", bytes), {});
  EXPECT_EQ(picture->read(100).size(0), 100);
  EXPECT_THROW(picture->read(200), InputError);
}

TEST(PictureRows, EveryFormatIsThePictureDecodedWhole) {
  const test::TemporaryFolder folder;
  for (int round = 0; round < 4; ++round) {
    const int64_t height = random_int(1, 70), width = random_int(1, 70);
    const auto rgb = noise_rows(height, width, 3);
    const std::vector<std::pair<std::string, Bytes>> pictures = {
        {"a.jpg", test::encode_jpeg(rgb)},
        {"b.jpg", test::encode_jpeg(noise_rows(height, width, 1))},
        {"c.jpg", test::encode_jpeg(noise_rows(height, width, 4))},
        {"d.jpg", test::encode_jpeg(rgb, 80, /*progressive=*/true)},
        {"e.png", encode_png(rgb)},
        {"f.png", encode_png_mask(rgb.select(2, 0), default_palette())},
        {"g.webp", test::encode_webp(rgb)},
        {"h.bmp", test::encode_bmp(rgb)},
        {"i.tif", striped_tiff(3, 8)},
        {"j.tif", striped_tiff(1, 8)},
        {"k.tif", striped_tiff(4, 8)},
        {"l.tif", striped_tiff(3, 16)},
        {"m.tif", tiled_tiff(rgb, 16, 32)},
        {"n.tif", tiled_tiff(noise_rows(height, width, 1), 32, 16)},
    };
    for (const auto& [name, bytes] : pictures) expect_same_rows(folder.write(name, bytes));
    for (int orientation = 1; orientation <= 8; ++orientation) {
      const auto number = std::to_string(orientation);
      expect_same_rows(
          folder.write("o" + number + ".jpg", test::with_app1(test::encode_jpeg(rgb), test::exif_block(orientation))));
      expect_same_rows(folder.write("p" + number + ".tif", striped_tiff(3, 8, orientation)));
    }
  }
}

TEST(PictureRows, DamageIsAnErrorWhereItIsMet) {
  const test::TemporaryFolder folder;
  const auto rgb = noise_rows(300, 200, 3);
  for (const auto& [name, whole] : std::vector<std::pair<std::string, Bytes>>{
           {"a.jpg", test::encode_jpeg(rgb)}, {"b.png", encode_png(rgb)}, {"c.tif", tiled_tiff(rgb, 64, 64)}}) {
    for (const double share : {0.0, 0.001, 0.1, 0.6, 0.95}) {
      Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(static_cast<double>(whole.size()) * share));
      const auto path = folder.write(name, cut);
      const auto read = [&] { read_in_pieces(*open_picture_rows(path, {})); };
      EXPECT_THROW(read(), InputError) << name << " " << share;
      try {
        read();
      } catch (const InputError& error) {
        EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
      }
    }
  }
  EXPECT_THROW(open_picture_rows(folder / "absent.jpg", {}), InputError);
  EXPECT_THROW(open_picture_rows(folder.path(), {}), InputError);
}

// Streams have a limit of their own: it bounds time, the other one memory.
TEST(PictureRows, TheLimitsOfPixelsHoldBeforeAnythingIsDecoded) {
  const test::TemporaryFolder folder;
  const auto rgb = noise_rows(30, 40, 3);
  const DecodeOptions options{.max_pixels = 1199, .max_streamed_pixels = 1200};
  const auto streamed = [&](const std::string& name, const Bytes& bytes, const DecodeOptions& how) -> std::string {
    try {
      open_picture_rows(folder.write(name, bytes), how);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  test::RawPng interlaced{.width = 40, .height = 30, .interlaced = true};
  for (const auto& [name, bytes] : std::vector<std::pair<std::string, Bytes>>{
           {"a.jpg", test::encode_jpeg(rgb)}, {"b.png", encode_png(rgb)}, {"c.tif", tiled_tiff(rgb, 16, 16)}}) {
    EXPECT_EQ(streamed(name, bytes, options), "");
    EXPECT_NE(streamed(name, bytes, {.max_streamed_pixels = 1199}).find("--max-pixels 1200"), std::string::npos)
        << name;
  }
  // these are held whole, or their coefficients are
  for (const auto& [name, bytes] :
       std::vector<std::pair<std::string, Bytes>>{{"d.jpg", test::encode_jpeg(rgb, 80, /*progressive=*/true)},
                                                  {"e.png", test::encode_raw_png(interlaced)},
                                                  {"f.webp", test::encode_webp(rgb)},
                                                  {"g.tif", tiled_tiff(rgb, 48, 32)}}) {
    EXPECT_NE(streamed(name, bytes, options).find("above the limit of 1199; --max-pixels 1200"), std::string::npos)
        << name;
  }
}

TEST(PictureRows, ATruncatedJpegMayBeAskedFor) {
  const test::TemporaryFolder folder;
  Bytes bytes = test::encode_jpeg(noise_rows(120, 90, 3));
  bytes.resize(bytes.size() / 2);
  const auto path = folder.write("a.jpg", bytes);
  const auto picture = open_picture_rows(path, {.allow_truncated = true});
  EXPECT_EQ(read_in_pieces(*picture).size(0), 120);
  EXPECT_FALSE(picture->notes().empty());
}

}  // namespace
}  // namespace multipole
