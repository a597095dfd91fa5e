// Masks as TIFF and PNG, whole and in parts: exactly what is stored.
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/utils.h>

#include "base/error.h"
#include "datasets/masks/label_map.h"
#include "datasets/masks/mask_decode.h"
#include "datasets/masks/mask_rows.h"
#include "datasets/pictures/geo_tiff.h"
#include "tests/datasets/rasters/raster_fixtures.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

std::string refusal_of(const std::filesystem::path& path, MaskForm form = MaskForm::kStored) {
  try {
    read_mask(path, {}, form);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

class TiffMasks : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_ / "m.tif"; }
  std::filesystem::path write(const torch::Tensor& ids, const test::RasterKind& kind) const {
    test::write_raster(path(), ids.to(torch::kDouble).reshape({ids.size(0), ids.size(1), -1}), kind);
    return path();
  }
  test::TemporaryFolder folder_;
};

TEST_F(TiffMasks, KeepEveryValue) {
  for (int round = 0; round < 30; ++round) {
    test::RasterKind kind{.type = round % 2 == 0 ? SampleType::kUInt8 : SampleType::kUInt16};
    kind.tile = random_int(0, 1) == 1 ? 16 * static_cast<uint32_t>(random_int(1, 3)) : 0;
    kind.rows_per_strip = static_cast<uint32_t>(random_int(1, 40));
    const int compressions[] = {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE};
    kind.compression = compressions[random_int(0, 2)];
    const int64_t height = random_int(1, 50), width = random_int(1, 50);
    const auto ids = torch::randint(kind.type == SampleType::kUInt8 ? 256 : 65536, {height, width}, torch::kInt);
    const StoredMask mask = read_mask(write(ids, kind));
    EXPECT_TRUE(mask.values.equal(ids));
    EXPECT_FALSE(mask.ignored.defined());
    const auto rows = open_mask_rows(path(), {});
    const CropBox part{random_int(0, height - 1), random_int(0, width - 1), 1, 1};
    ASSERT_TRUE(rows->go_to({part.top, part.left, height - part.top, width - part.left}));
    EXPECT_TRUE(rows->read(height - part.top).values.equal(ids.slice(0, part.top).slice(1, part.left)));
  }
}

TEST_F(TiffMasks, PaletteIndicesAreTheIds) {
  const auto ids = torch::randint(7, {random_int(1, 60), random_int(1, 60)}, torch::kByte);
  GeoTiffWriter writer(path(), ids.size(0), ids.size(1), default_palette(), {}, std::nullopt);
  writer.write(ids);
  writer.finish();
  EXPECT_TRUE(read_mask(path()).values.equal(ids.to(torch::kInt)));
  const auto colors = read_mask(path(), {}, MaskForm::kColors).values;
  const auto palette = default_palette();
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(colors[0][0][i].item<int>(), palette[ids[0][0].item<uint8_t>()][static_cast<size_t>(i)]);
  }
}

TEST_F(TiffMasks, NumbersForNoDataAreIgnoredWhateverTheyAre) {
  const auto ids = torch::tensor({{0, 1, 2}, {2, 1, 0}}, torch::kInt);
  const StoredMask mask = read_mask(write(ids, {.type = SampleType::kUInt16, .nodata = "2"}));
  const auto expected = torch::tensor({{0, 1, 255}, {255, 1, 0}}, torch::kByte);
  EXPECT_TRUE(LabelMap(2).apply(mask, "m").equal(expected));
  ASSERT_EQ(mask.notes.size(), 1u);
  EXPECT_NE(mask.notes[0].find("no data (2)"), std::string::npos) << mask.notes[0];
  auto floats = ids.to(torch::kDouble);
  floats[0][2] = floats[1][0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(LabelMap(2).apply(read_mask(write(floats, {.type = SampleType::kFloat32})), "m").equal(expected));
}

TEST_F(TiffMasks, WhatIsNoClassIdIsNamedWithItsPlace) {
  auto ids = torch::zeros({3, 4}, torch::kDouble);
  ids[1][2] = -3;
  EXPECT_NE(refusal_of(write(ids, {.type = SampleType::kInt16})).find("the value -3 at row 1, column 2"),
            std::string::npos);
  ids[1][2] = 0.5;
  EXPECT_NE(refusal_of(write(ids, {.type = SampleType::kFloat32})).find("the value 0.5 at row 1, column 2"),
            std::string::npos);
  ids[1][2] = 65536;
  EXPECT_NE(refusal_of(write(ids, {.type = SampleType::kUInt32})).find("65536 at row 1"), std::string::npos);
  EXPECT_NE(refusal_of(write(torch::zeros({3, 4, 2}), {})).find("a mask of 2 bands of uint16"), std::string::npos);
  EXPECT_NE(refusal_of(write(torch::zeros({3, 4}), {}), MaskForm::kColors).find("8 bits"), std::string::npos);
}

TEST(MaskRows, APngIsTheSameInParts) {
  const test::TemporaryFolder folder;
  const int64_t height = random_int(2, 40), width = random_int(1, 40);
  const auto ids = torch::randint(65536, {height, width}, torch::kInt);
  folder.write("m.png", test::encode_mask(ids, 16));
  const auto rows = open_mask_rows(folder / "m.png", {});
  EXPECT_FALSE(rows->go_to({0, 0, 1, 1}));
  const int64_t first = random_int(1, height - 1);
  const auto upper = rows->read(first).values, lower = rows->read(height - first).values;
  EXPECT_TRUE(torch::cat({upper, lower}).equal(ids));
}

TEST(MaskRows, GrayColoursAreValues) {
  const test::RawPng gray{.width = 2, .height = 1, .bit_depth = 8, .color_type = 2, .rows = {0, 0, 0, 255, 255, 255}};
  const test::RawPng blue{.width = 2, .height = 1, .bit_depth = 8, .color_type = 2, .rows = {0, 0, 0, 0, 0, 255}};
  const LabelMap labels(2, false, kNoIgnoreIndex);
  EXPECT_TRUE(
      labels.apply(decode_mask(test::encode_raw_png(gray), "m"), "m").equal(torch::tensor({{0, 1}}, torch::kByte)));
  EXPECT_THROW(labels.apply(decode_mask(test::encode_raw_png(blue), "m"), "m"), InputError);
}

TEST(MaskRows, AJpegIsExplained) {
  const test::TemporaryFolder folder;
  folder.write("m.png", test::encode_jpeg(test::gradient_image(4, 5)));
  EXPECT_NE(refusal_of(folder / "m.png").find("it is a JPEG, which blurs class ids"), std::string::npos);
}

}  // namespace
}  // namespace multipole
