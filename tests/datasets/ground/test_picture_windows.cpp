// Any part of a picture is what the whole has there, whatever its format; so are those of masks.
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/utils.h>

#include <thread>

#include "base/error.h"
#include "datasets/ground/mask_windows.h"
#include "datasets/ground/picture_windows.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/read_picture.h"
#include "tests/datasets/rasters/raster_fixtures.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

constexpr int64_t kHeight = 83, kWidth = 71;

CropBox random_part() {
  CropBox part{random_int(0, kHeight - 1), random_int(0, kWidth - 1)};
  part.height = random_int(1, kHeight - part.top);
  part.width = random_int(1, kWidth - part.left);
  return part;
}

torch::Tensor cut(const torch::Tensor& whole, const CropBox& part) {
  return whole.narrow(0, part.top, part.height).narrow(1, part.left, part.width);
}

void expect_parts(const std::filesystem::path& path, const DecodeOptions& options = {}) {
  SCOPED_TRACE(path);
  const DecodedImage whole = read_picture(path, options);
  const PictureWindows windows(path, options);
  EXPECT_EQ(windows.height(), kHeight);
  EXPECT_EQ(windows.width(), kWidth);
  for (int i = 0; i < 8; ++i) {
    const CropBox part = i == 0 ? CropBox{0, 0, kHeight, kWidth} : random_part();
    const DecodedImage read = windows.read(part);
    EXPECT_TRUE(read.pixels.equal(cut(whole.pixels, part)));
    const auto all = torch::ones({part.height, part.width}, torch::kBool);
    EXPECT_TRUE((read.valid.defined() ? read.valid : all).equal(whole.valid.defined() ? cut(whole.valid, part) : all));
  }
}

class Windows : public ::testing::Test {
 protected:
  test::TemporaryFolder folder_;
};

TEST_F(Windows, OfPicturesInRgb) {
  const auto rgb = torch::randint(256, {kHeight, kWidth, 3}, torch::kUInt8);
  folder_.write("a.png", encode_png(rgb));
  expect_parts(folder_ / "a.png");
  folder_.write("a.jpg", test::encode_jpeg(rgb));
  expect_parts(folder_ / "a.jpg");
  for (int round = 0; round < 20; ++round) {
    test::RasterKind kind{.type = SampleType::kUInt8, .rgb = true};
    kind.tile = random_int(0, 1) == 1 ? 16 * static_cast<uint32_t>(random_int(1, 3)) : 0;
    kind.rows_per_strip = static_cast<uint32_t>(random_int(1, 2 * kHeight));
    kind.compression = random_int(0, 1) == 1 ? COMPRESSION_LZW : COMPRESSION_NONE;
    if (random_int(0, 1) == 1) kind.mask = torch::rand({kHeight, kWidth}).lt(0.5);
    test::write_raster(folder_ / "a.tif", rgb.to(torch::kDouble), kind);
    expect_parts(folder_ / "a.tif");
  }
}

TEST_F(Windows, OfBands) {
  DecodeOptions options;
  options.bands.chosen = {3, 1};
  options.bands.low = {0, 0};
  options.bands.high = {60000, 50000};
  options.bands.fill = {9, 8};
  for (const uint32_t tile : {0u, 16u, 48u}) {
    auto numbers = test::random_numbers(kHeight, kWidth, 4, SampleType::kUInt16);
    numbers.masked_fill_(torch::rand({kHeight, kWidth, 1}).lt(0.2), 7);
    test::write_raster(folder_ / "a.tif", numbers, {.tile = tile, .rows_per_strip = 11, .nodata = "7"});
    expect_parts(folder_ / "a.tif", options);
  }
  options.bands.low = options.bands.high = {};
  folder_.write("a.png", encode_png(torch::randint(256, {kHeight, kWidth, 3}, torch::kUInt8)));
  expect_parts(folder_ / "a.png", options);
}

TEST_F(Windows, FromSeveralThreads) {
  const auto rgb = torch::randint(256, {kHeight, kWidth, 3}, torch::kUInt8);
  folder_.write("a.png", encode_png(rgb));
  const PictureWindows windows(folder_ / "a.png", {});
  std::vector<CropBox> parts;
  for (int i = 0; i < 40; ++i) parts.push_back(random_part());
  std::vector<torch::Tensor> read(parts.size());
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = t; i < parts.size(); i += 4) read[i] = windows.read(parts[i]).pixels;
    });
  }
  for (auto& thread : threads) thread.join();
  for (size_t i = 0; i < parts.size(); ++i) EXPECT_TRUE(read[i].equal(cut(rgb, parts[i])));
}

TEST_F(Windows, OfMasks) {
  const auto ids = torch::randint(3, {kHeight, kWidth}, torch::kInt);
  folder_.write("a.png", test::encode_mask(ids));
  test::write_raster(folder_ / "a.tif", ids.to(torch::kDouble).unsqueeze(2), {.type = SampleType::kUInt8, .tile = 32});
  for (const std::string name : {"a.png", "a.tif"}) {
    const MaskWindows windows(folder_ / name, LabelMap(3), MaskForm::kStored, {});
    for (int i = 0; i < 8; ++i) {
      const CropBox part = random_part();
      EXPECT_TRUE(windows.read(part).labels.equal(cut(ids, part).to(torch::kByte))) << name;
    }
    const MaskWindows two(folder_ / name, LabelMap(2), MaskForm::kStored, {});
    try {
      for (int64_t y = 0; y < kHeight; ++y) two.read({y, 5, 1, kWidth - 5});
      FAIL() << name;
    } catch (const InputError& error) {
      const auto row = std::string(error.what()).substr(std::string(error.what()).find("at row ") + 7);
      const int64_t y = std::stoll(row), x = std::stoll(row.substr(row.find("column ") + 7));
      EXPECT_EQ(ids[y][x].item<int>(), 2) << error.what();
    }
  }
}

}  // namespace
}  // namespace multipole
