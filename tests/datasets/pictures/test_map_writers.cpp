// The writers of label maps: palette PNG, JPEG and GeoTIFF, row by row.
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/utils.h>

#include <stdexcept>

#include "base/error.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/pictures/geo_tiff.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/jpeg_writer.h"
#include "datasets/pictures/png_writer.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::Bytes;
using test::random_int;

ByteSink into(Bytes& bytes) {
  return [&bytes](const void* data, size_t size) {
    const auto* const first = static_cast<const uint8_t*>(data);
    bytes.insert(bytes.end(), first, first + size);
  };
}

template <class Writer>
void write_in_pieces(Writer& writer, const torch::Tensor& image) {
  for (int64_t y = 0; y < image.size(0);) {
    const int64_t count = random_int(1, image.size(0) - y);
    writer.write(image.narrow(0, y, count));
    y += count;
  }
  writer.finish();
}

// The colour of each id.
torch::Tensor colored(const torch::Tensor& ids, const std::vector<PaletteColor>& palette) {
  std::vector<int64_t> values;
  for (const auto& color : palette) values.insert(values.end(), color.begin(), color.end());
  return torch::tensor(values)
      .to(torch::kUInt8)
      .view({-1, 3})
      .index_select(0, ids.flatten().to(torch::kLong))
      .view({ids.size(0), ids.size(1), 3});
}

TEST(PngWriter, RowsInPiecesAreThePicture) {
  for (int round = 0; round < 10; ++round) {
    const int64_t height = random_int(1, 60), width = random_int(1, 60);
    const auto ids = torch::randint(0, 256, {height, width}, torch::kUInt8);
    const auto palette = full_palette({{255, 0, 1}, {2, 3, 4}});
    EXPECT_EQ(palette[0], (PaletteColor{255, 0, 1}));
    EXPECT_EQ(palette[2], default_palette()[2]);
    Bytes map, gray, rgb;
    PngWriter map_writer(height, width, PngWriter::Kind::kPalette, palette, into(map));
    write_in_pieces(map_writer, ids);
    EXPECT_TRUE(torch::equal(decode_image(map, "map"), colored(ids, palette)));
    EXPECT_EQ(map[25], 3) << "colour type: palette";
    EXPECT_EQ(map, encode_png_mask(ids, {{255, 0, 1}, {2, 3, 4}}));
    PngWriter gray_writer(height, width, PngWriter::Kind::kGray, {}, into(gray));
    write_in_pieces(gray_writer, ids);
    EXPECT_TRUE(torch::equal(decode_image(gray, "gray").select(2, 1), ids));
    const auto image = torch::randint(0, 256, {height, width, 3}, torch::kUInt8);
    PngWriter rgb_writer(height, width, PngWriter::Kind::kRgb, {}, into(rgb));
    write_in_pieces(rgb_writer, image);
    EXPECT_TRUE(torch::equal(decode_image(rgb, "rgb"), image));
  }
}

TEST(PngWriter, WhatTheSinkThrowsComesThrough) {
  const auto fails = [](const void*, size_t size) {
    if (size > 0) throw ResourceError("disk full");
  };
  PngWriter writer(4, 4, PngWriter::Kind::kGray, {}, fails);
  EXPECT_THROW(
      {
        writer.write(torch::zeros({4, 4}, torch::kUInt8));
        writer.finish();
      },
      ResourceError);
  EXPECT_THROW(PngWriter(0, 4, PngWriter::Kind::kGray, {}, fails), std::invalid_argument);
}

TEST(JpegWriter, RowsInPiecesAreThePicture) {
  for (int round = 0; round < 5; ++round) {
    const int64_t height = random_int(1, 90), width = random_int(1, 90);
    const auto ramp = torch::linspace(20, 220, height * width).view({height, width, 1}).expand({height, width, 3});
    const auto image = ramp.round().to(torch::kUInt8).contiguous();
    Bytes bytes;
    JpegWriter writer(height, width, 95, into(bytes));
    write_in_pieces(writer, image);
    const auto decoded = decode_image(bytes, "jpeg");
    ASSERT_EQ(decoded.sizes(), image.sizes());
    EXPECT_LE((decoded.to(torch::kFloat) - image.to(torch::kFloat)).abs().mean().item<double>(), 4.0);
  }
  EXPECT_THROW(JpegWriter(kMaxJpegSide + 1, 1, 90, {}), std::invalid_argument);
}

TEST(GeoTiff, TheGeoreferenceSurvives) {
  const test::TemporaryFolder folder;
  const auto path = folder / "map.tif";
  GeoTags tags;
  tags.pixel_scale = {0.5, 0.5, 0};
  tags.tiepoints = {0, 0, 0, 399960.25, 5700000.5, 0};
  tags.keys = {1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32632};
  tags.key_doubles = {298.257223563};
  tags.key_text = "WGS 84 / UTM zone 32N|";
  const auto ids = torch::randint(0, 256, {37, 53}, torch::kUInt8);
  GeoTiffWriter writer(path, 37, 53, default_palette(), tags);
  write_in_pieces(writer, ids);
  EXPECT_TRUE(torch::equal(read_image(path), colored(ids, default_palette())));
  const auto read = read_geo_tags(path);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->pixel_scale, tags.pixel_scale);
  EXPECT_EQ(read->tiepoints, tags.tiepoints);
  EXPECT_EQ(read->transformation, tags.transformation);
  EXPECT_EQ(read->keys, tags.keys);
  EXPECT_EQ(read->key_doubles, tags.key_doubles);
  EXPECT_EQ(read->key_text, tags.key_text);
}

TEST(GeoTiff, OthersHaveNone) {
  const test::TemporaryFolder folder;
  const auto pixels = torch::zeros({4, 4, 3}, torch::kUInt8);
  EXPECT_FALSE(read_geo_tags(folder.write("a.png", encode_png(pixels))).has_value());
  test::RawTiff tiff;
  tiff.data = Bytes(3, 0);
  EXPECT_FALSE(read_geo_tags(folder.write("b.tif", test::encode_raw_tiff(tiff))).has_value());
  EXPECT_THROW(GeoTiffWriter(folder / "absent" / "c.tif", 4, 4, default_palette(), {}), ResourceError);
}

}  // namespace
}  // namespace multipole
