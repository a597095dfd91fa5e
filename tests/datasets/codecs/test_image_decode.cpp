// What decoding makes of every kind of picture that it accepts.
#include <gtest/gtest.h>

#include <cstring>

#include "datasets/codecs/image_decode.h"
#include "datasets/pictures/image_encode.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::Bytes;

int64_t largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a.to(torch::kInt) - b.to(torch::kInt)).abs().max().item<int64_t>();
}

Bytes bytes_of(const torch::Tensor& tensor) {
  const torch::Tensor data = tensor.contiguous();
  const auto* const begin = static_cast<const uint8_t*>(data.data_ptr());
  return {begin, begin + data.nbytes()};
}

TEST(ImageDecode, LosslessFormatsGiveThePixelsOfAnySize) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 1}, {1, 1000}, {1000, 1}, {31, 17}, {64, 64}}) {
    const torch::Tensor image = test::gradient_image(height, width);
    const test::RawTiff tiff{
        .width = static_cast<uint32_t>(width), .height = static_cast<uint32_t>(height), .data = bytes_of(image)};
    for (const Bytes& file :
         {encode_png(image), test::encode_webp(image), test::encode_bmp(image), test::encode_raw_tiff(tiff)}) {
      EXPECT_TRUE(torch::equal(decode_image(file, "picture"), image)) << height << " x " << width;
    }
  }
}

TEST(ImageDecode, LongestStripOfPixels) {
  for (const auto& image : {test::gradient_image(1, 10000), test::gradient_image(10000, 1)}) {
    EXPECT_TRUE(torch::equal(decode_image(encode_png(image), "picture"), image));
    EXPECT_LE(largest_difference(decode_image(test::encode_jpeg(image), "picture"), image), 12);
  }
}

TEST(ImageDecode, JpegOfColorsGrayAndProgressive) {
  const torch::Tensor image = test::gradient_image(40, 56);
  EXPECT_LE(largest_difference(decode_image(test::encode_jpeg(image), "a.png"), image), 8);
  EXPECT_LE(largest_difference(decode_image(test::encode_jpeg(image, 95, true), "a.png"), image), 8);
  const torch::Tensor gray = image.slice(2, 0, 1).contiguous();
  EXPECT_LE(largest_difference(decode_image(test::encode_jpeg(gray), "a"), gray.expand({40, 56, 3})), 3);
}

TEST(ImageDecode, CmykIsReadAsAdobeWritesIt) {
  torch::Tensor cmyk = torch::empty({16, 16, 4}, torch::kUInt8);
  const uint8_t stored[4] = {200, 100, 50, 128};  // inverted: 255 is no ink
  for (int c = 0; c < 4; ++c) cmyk.select(2, c).fill_(stored[c]);
  const torch::Tensor rgb = decode_image(test::encode_jpeg(cmyk, 100), "cmyk.jpg");
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(rgb[8][8][c].item<int>(), stored[c] * 128 / 255, 4);
}

// Where the stored pixel of the upright picture's (row, column) is, per orientation, written out from EXIF's table.
torch::Tensor store_for_orientation(const torch::Tensor& upright, int orientation) {
  const int64_t height = upright.size(0), width = upright.size(1);
  const bool turned = orientation >= 5;
  torch::Tensor stored = torch::empty({turned ? width : height, turned ? height : width, 3}, torch::kUInt8);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const int64_t bottom = height - 1 - y, right = width - 1 - x;
      const int64_t row[] = {y, y, bottom, bottom, x, right, right, x};
      const int64_t column[] = {x, right, right, x, y, y, bottom, bottom};
      stored[row[orientation - 1]][column[orientation - 1]] = upright[y][x];
    }
  }
  return stored;
}

TEST(ImageDecode, EveryExifOrientationComesOutUpright) {
  const torch::Tensor image = test::gradient_image(12, 20);
  const Bytes block = test::exif_block(1);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const torch::Tensor stored = store_for_orientation(image, orientation);
    for (const bool big_endian : {false, true}) {
      const Bytes jpeg = test::with_app1(test::encode_jpeg(stored), test::exif_block(orientation, big_endian));
      EXPECT_LE(largest_difference(decode_image(jpeg, "photo"), image), 20) << orientation;
    }
    const Bytes exif = test::exif_block(orientation);
    test::RawPng png{.width = static_cast<uint32_t>(stored.size(1)),
                     .height = static_cast<uint32_t>(stored.size(0)),
                     .exif = Bytes(exif.begin() + 6, exif.end()),
                     .rows = bytes_of(stored)};
    EXPECT_TRUE(torch::equal(decode_image(test::encode_raw_png(png), "photo"), image)) << orientation;
    test::RawTiff tiff{.width = png.width, .height = png.height, .orientation = orientation, .data = png.rows};
    EXPECT_TRUE(torch::equal(decode_image(test::encode_raw_tiff(tiff), "photo"), image)) << orientation;
  }
}

TEST(ImageDecode, CorruptExifIsIgnoredWithANote) {
  const torch::Tensor image = test::gradient_image(12, 20);
  const Bytes jpeg = test::encode_jpeg(image);
  Bytes cut = test::exif_block(6);
  cut.resize(cut.size() - 9);
  for (const Bytes& block :
       {cut, test::exif_block(0), test::exif_block(9), test::to_bytes(std::string_view("Exif\0\0garbage", 13))}) {
    const DecodedImage decoded = decode_image_with_notes(test::with_app1(jpeg, block), "photo");
    EXPECT_TRUE(torch::equal(decoded.pixels, decode_image(jpeg, "photo")));
    ASSERT_EQ(decoded.notes.size(), 1u);
    EXPECT_EQ(decoded.notes[0], "corrupt EXIF ignored");
  }
}

TEST(ImageDecode, SixteenBitsAreDividedBy257AndRounded) {
  Bytes big, native;
  std::vector<int> expected;
  for (int i = 0; i < 300; ++i) {
    const auto value = static_cast<uint16_t>(test::random_int(0, 65535));
    test::append_number(big, value, 2, true);
    test::append_number(native, value, 2, false);
    expected.push_back((value + 128) / 257);
  }
  const torch::Tensor wanted = torch::tensor(expected, torch::kInt).view({10, 10, 3});
  const test::RawPng png{.width = 10, .height = 10, .bit_depth = 16, .rows = big};
  EXPECT_EQ(largest_difference(decode_image(test::encode_raw_png(png), "deep.png"), wanted), 0);
  const test::RawTiff tiff{.width = 10, .height = 10, .bits = 16, .data = native};
  EXPECT_EQ(largest_difference(decode_image(test::encode_raw_tiff(tiff), "deep.tif"), wanted), 0);
}

TEST(ImageDecode, AlphaIsCompositedOverWhite) {
  // opaque, half and fully transparent pixels of one colour
  const Bytes rgba = {10, 100, 200, 255, 10, 100, 200, 128, 10, 100, 200, 0};
  const torch::Tensor wanted = torch::tensor({10, 100, 200, 132, 177, 227, 255, 255, 255}, torch::kInt).view({1, 3, 3});
  const test::RawPng png{.width = 3, .height = 1, .color_type = 6, .rows = rgba};
  EXPECT_EQ(largest_difference(decode_image(test::encode_raw_png(png), "a.png"), wanted), 0);
  torch::Tensor pixels = torch::empty({1, 3, 4}, torch::kUInt8);
  std::memcpy(pixels.data_ptr(), rgba.data(), rgba.size());
  // libwebp clears the colour of transparent pixels, which white covers anyway
  EXPECT_EQ(largest_difference(decode_image(test::encode_webp(pixels), "a.webp"), wanted), 0);
  const test::RawTiff tiff{.width = 3, .height = 1, .samples = 4, .data = rgba};
  EXPECT_LE(largest_difference(decode_image(test::encode_raw_tiff(tiff), "a.tif"), wanted), 1);
}

TEST(ImageDecode, PaletteGrayAndBitmapPngs) {
  const Bytes palette = {255, 0, 0, 0, 255, 0, 0, 0, 255};
  // 2 bits a pixel: 0, 1, 2, 2; the second colour is half transparent
  const test::RawPng indexed{.width = 4,
                             .height = 1,
                             .bit_depth = 2,
                             .color_type = 3,
                             .palette = palette,
                             .transparency = {255, 128},
                             .rows = {0b00011010}};
  const torch::Tensor wanted =
      torch::tensor({255, 0, 0, 127, 255, 127, 0, 0, 255, 0, 0, 255}, torch::kInt).view({1, 4, 3});
  EXPECT_EQ(largest_difference(decode_image(test::encode_raw_png(indexed), "p.png"), wanted), 0);
  const test::RawPng gray_alpha{.width = 2, .height = 1, .color_type = 4, .rows = {50, 255, 50, 0}};
  EXPECT_EQ(largest_difference(decode_image(test::encode_raw_png(gray_alpha), "g.png"),
                               torch::tensor({50, 50, 50, 255, 255, 255}, torch::kInt).view({1, 2, 3})),
            0);
  const test::RawPng bits{.width = 3, .height = 1, .bit_depth = 1, .color_type = 0, .rows = {0b10100000}};
  EXPECT_EQ(largest_difference(decode_image(test::encode_raw_png(bits), "b.png"),
                               torch::tensor({255, 255, 255, 0, 0, 0, 255, 255, 255}, torch::kInt).view({1, 3, 3})),
            0);
}

TEST(ImageDecode, GifFramesWithTransparencyAndInterlacing) {
  const torch::Tensor indices = torch::randint(0, 3, {21, 13}, torch::kUInt8);
  const Bytes palette = {255, 0, 0, 0, 255, 0, 0, 0, 255};
  const torch::Tensor colors =
      torch::tensor({255, 0, 0, 0, 255, 0, 0, 0, 255}, torch::kInt).view({3, 3}).to(torch::kUInt8);
  const torch::Tensor wanted = colors.index({indices.to(torch::kLong)});
  for (const bool interlaced : {false, true}) {
    const Bytes gif = test::encode_gif(indices, palette, -1, interlaced);
    EXPECT_TRUE(torch::equal(decode_image(gif, "a.gif"), wanted));
    const torch::Tensor white = torch::where((indices == 1).unsqueeze(2), torch::full_like(wanted, 255), wanted);
    EXPECT_TRUE(torch::equal(decode_image(test::encode_gif(indices, palette, 1, interlaced), "a.gif"), white));
  }
}

TEST(ImageDecode, FloatTiffFromZeroToOneOnly) {
  const auto file = [](std::vector<float> values, int compression) {
    test::RawTiff tiff{.width = 3,
                       .height = 1,
                       .samples = 1,
                       .bits = 32,
                       .sample_format = 3,
                       .photometric = 1,
                       .compression = compression};
    tiff.data.resize(12);
    std::memcpy(tiff.data.data(), values.data(), 12);
    return test::encode_raw_tiff(tiff);
  };
  for (const int compression : {1, 8}) {
    const torch::Tensor rgb = decode_image(file({0.0F, 0.5F, 1.0F}, compression), "f.tif");
    EXPECT_EQ(largest_difference(rgb, torch::tensor({0, 0, 0, 128, 128, 128, 255, 255, 255}).view({1, 3, 3})), 0);
    for (const float bad : {std::nanf(""), INFINITY, -0.1F, 1.5F}) {
      EXPECT_THROW(decode_image(file({0.0F, bad, 1.0F}, compression), "f.tif"), std::exception) << bad;
    }
  }
}

TEST(ImageDecode, FurtherTiffPagesAreNoted) {
  const torch::Tensor image = test::gradient_image(5, 6);
  const test::RawTiff tiff{.width = 6, .height = 5, .compression = 5, .num_pages = 3, .data = bytes_of(image)};
  const DecodedImage decoded = decode_image_with_notes(test::encode_raw_tiff(tiff), "pages.tif");
  EXPECT_TRUE(torch::equal(decoded.pixels, image));
  EXPECT_EQ(decoded.notes, std::vector<std::string>{"first page of several"});
}

TEST(ImageEncode, MaskKeepsItsIdsAndColors) {
  const torch::Tensor mask = torch::randint(0, 256, {19, 23}, torch::kUInt8);
  const Bytes png = encode_png_mask(mask, {{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(png[25], 3);  // colour type: palette
  const torch::Tensor rgb = decode_image(png, "mask.png");
  auto palette = default_palette();
  palette[0] = {1, 2, 3};
  palette[1] = {4, 5, 6};
  for (int64_t y = 0; y < 19; ++y) {
    for (int64_t x = 0; x < 23; ++x) {
      const auto& color = palette[mask[y][x].item<uint8_t>()];
      for (int c = 0; c < 3; ++c) ASSERT_EQ(rgb[y][x][c].item<int>(), color[c]);
    }
  }
}

}  // namespace
}  // namespace multipole
