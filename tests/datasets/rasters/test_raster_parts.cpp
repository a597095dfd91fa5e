// Any part of a raster is what the whole has there.
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/utils.h>

#include "datasets/pictures/image_encode.h"
#include "datasets/rasters/raster.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/datasets/rasters/raster_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

CropBox random_part(int64_t height, int64_t width) {
  CropBox part{random_int(0, height - 1), random_int(0, width - 1)};
  part.height = random_int(1, height - part.top);
  part.width = random_int(1, width - part.left);
  return part;
}

torch::Tensor cut(const torch::Tensor& whole, const CropBox& part) {
  return whole.narrow(0, part.top, part.height).narrow(1, part.left, part.width);
}

test::RasterKind random_kind() {
  test::RasterKind kind;
  kind.type = random_int(0, 1) == 1 ? SampleType::kUInt16 : SampleType::kFloat32;
  kind.separate = random_int(0, 1) == 1;
  kind.tile = random_int(0, 1) == 1 ? 16 * static_cast<uint32_t>(random_int(1, 3)) : 0;
  kind.rows_per_strip = static_cast<uint32_t>(random_int(1, 70));
  kind.compression = random_int(0, 1) == 1 ? COMPRESSION_LZW : COMPRESSION_NONE;
  if (random_int(0, 1) == 1) kind.nodata = "7";
  return kind;
}

TEST(RasterParts, AreThoseOfTheWhole) {
  const test::TemporaryFolder folder;
  for (int round = 0; round < 60; ++round) {
    test::RasterKind kind = random_kind();
    const int64_t height = random_int(1, 70), width = random_int(1, 70), bands = random_int(1, 4);
    auto numbers = test::random_numbers(height, width, bands, kind.type);
    if (!kind.nodata.empty()) numbers.masked_fill_(torch::rand({height, width, 1}).lt(0.3), 7);
    if (random_int(0, 1) == 1) kind.mask = torch::rand({height, width}).lt(0.5);
    test::write_raster(folder / "r.tif", numbers, kind);
    const std::vector<int64_t> chosen = {random_int(1, bands), random_int(1, bands)};
    const auto raster = open_raster(folder / "r.tif", chosen, {}), other = open_raster(folder / "r.tif", chosen, {});
    const RasterPart whole = other->read(height);
    SCOPED_TRACE("tile " + std::to_string(kind.tile) + " strips " + std::to_string(kind.rows_per_strip));
    for (int i = 0; i < 6; ++i) {
      const CropBox part = random_part(height, width);
      EXPECT_TRUE(raster->go_to(part));
      const int64_t first = random_int(1, part.height);  // in two steps
      const RasterPart upper = raster->read(first);
      EXPECT_TRUE(torch::equal(upper.numbers, cut(whole.numbers, part).narrow(0, 0, first)));
      if (first == part.height) continue;
      const RasterPart lower = raster->read(part.height - first);
      EXPECT_TRUE(torch::equal(lower.numbers, cut(whole.numbers, part).narrow(0, first, part.height - first)));
      const auto expected =
          whole.valid.defined() ? cut(whole.valid, part) : torch::ones({part.height, part.width}, torch::kBool);
      const auto found =
          lower.valid.defined() ? lower.valid : torch::ones({part.height - first, part.width}, torch::kBool);
      EXPECT_TRUE(torch::equal(found, expected.narrow(0, first, part.height - first)));
    }
  }
}

// A tile that is damaged spoils the parts above it alone: no other tile is read.
TEST(RasterParts, OnlyTheTilesUnderAPartAreRead) {
  const test::TemporaryFolder folder;
  test::write_raster(folder / "r.tif", test::random_numbers(64, 64, 1, SampleType::kUInt8),
                     {.type = SampleType::kUInt8, .tile = 32, .compression = COMPRESSION_LZW});
  auto bytes = test::read_text(folder / "r.tif");
  TIFF* const tiff = TIFFOpen((folder / "r.tif").c_str(), "r");
  const auto offset = static_cast<size_t>(TIFFGetStrileOffset(tiff, 3));
  TIFFClose(tiff);
  std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(offset), 40, '\xff');
  test::write_text(folder / "r.tif", bytes);
  const auto raster = open_raster(folder / "r.tif", {}, {});
  for (const CropBox& sound : {CropBox{0, 0, 32, 64}, {0, 0, 64, 32}, {10, 3, 40, 29}}) {
    raster->go_to(sound);
    EXPECT_NO_THROW(raster->read(sound.height));
  }
  raster->go_to({20, 20, 30, 30});
  EXPECT_ANY_THROW(raster->read(30));
}

TEST(RasterParts, WhatHasToBeReadWholeSaysSo) {
  const test::TemporaryFolder folder;
  folder.write("a.png", encode_png(test::gradient_image(20, 30)));
  EXPECT_FALSE(open_raster(folder / "a.png", {}, {})->go_to({1, 1, 5, 5}));
}

}  // namespace
}  // namespace multipole
