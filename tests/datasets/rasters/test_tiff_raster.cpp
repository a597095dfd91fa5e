// Rasters that libtiff writes come back number for number, and so does which pixels hold data.
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/utils.h>

#include <limits>

#include "base/error.h"
#include "datasets/pictures/read_picture.h"
#include "datasets/rasters/raster.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/datasets/rasters/raster_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;
using test::RasterKind;

constexpr SampleType kTypes[] = {SampleType::kUInt8,  SampleType::kInt8,  SampleType::kUInt16,  SampleType::kInt16,
                                 SampleType::kUInt32, SampleType::kInt32, SampleType::kFloat32, SampleType::kFloat64};

RasterPart read_in_parts(Raster& raster) {
  std::vector<torch::Tensor> numbers, valid;
  for (int64_t left = raster.header().height; left > 0;) {
    const int64_t count = random_int(1, left);
    const RasterPart part = raster.read(count);
    numbers.push_back(part.numbers);
    valid.push_back(part.valid.defined() ? part.valid : torch::ones({count, raster.header().width}, torch::kBool));
    left -= count;
  }
  return {torch::cat(numbers), torch::cat(valid)};
}

std::vector<int64_t> random_bands(int64_t count) {
  std::vector<int64_t> bands;
  for (int64_t i = random_int(1, 5); i > 0; --i) bands.push_back(random_int(1, count));
  return bands;
}

torch::Tensor places(const std::vector<int64_t>& bands) { return torch::tensor(bands) - 1; }

std::string refusal(const std::filesystem::path& path, const std::vector<int64_t>& bands) {
  try {
    const auto raster = open_raster(path, bands, {});
    raster->read(raster->header().height);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

class TiffRasterTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const torch::Tensor& numbers, const RasterKind& kind) {
    const auto path = folder_ / "raster.tif";
    test::write_raster(path, numbers, kind);
    return path;
  }
  test::TemporaryFolder folder_;
};

TEST_F(TiffRasterTest, EveryKindComesBackNumberForNumber) {
  for (int round = 0; round < 60; ++round) {
    RasterKind kind;
    kind.type = kTypes[round % std::size(kTypes)];
    kind.separate = random_int(0, 1) == 1;
    kind.tile = random_int(0, 1) == 1 ? 16 * static_cast<uint32_t>(random_int(1, 3)) : 0;
    kind.rows_per_strip = static_cast<uint32_t>(random_int(1, 70));
    kind.compression = random_int(0, 1) == 1 ? COMPRESSION_LZW : COMPRESSION_NONE;
    kind.big = random_int(0, 1) == 1;
    kind.overview = random_int(0, 1) == 1;
    const auto numbers = test::random_numbers(random_int(1, 60), random_int(1, 60), random_int(1, 6), kind.type);
    const auto path = write(numbers, kind);
    SCOPED_TRACE(std::string(name_of(kind.type)) + (kind.separate ? " separate" : "") + " tile " +
                 std::to_string(kind.tile));
    const auto all = open_raster(path, {}, {});
    EXPECT_EQ(all->header().bands, numbers.size(2));
    EXPECT_EQ(all->header().type, kind.type);
    const RasterPart whole = read_in_parts(*all);
    EXPECT_TRUE(torch::equal(whole.numbers, numbers));
    EXPECT_TRUE(whole.valid.all().item<bool>());
    EXPECT_EQ(all->notes(), std::vector<std::string>());
    const auto bands = random_bands(numbers.size(2));
    EXPECT_TRUE(
        torch::equal(read_in_parts(*open_raster(path, bands, {})).numbers, numbers.index_select(2, places(bands))));
  }
}

TEST_F(TiffRasterTest, ANumberForNoDataCountsWhereAllChosenBandsHaveIt) {
  for (const SampleType type : {SampleType::kUInt8, SampleType::kInt16, SampleType::kFloat32}) {
    RasterKind kind{.type = type, .nodata = type == SampleType::kFloat32 ? "-9999.9" : "7"};
    auto numbers = test::random_numbers(23, 31, 3, type).clamp_min(10);
    const double none = as_stored(type == SampleType::kFloat32 ? -9999.9 : 7, type);
    const auto here = torch::rand({23, 31, 3}).lt(0.6);
    numbers.masked_fill_(here, none);
    const auto path = write(numbers, kind);
    EXPECT_TRUE(torch::equal(read_in_parts(*open_raster(path, {}, {})).valid, here.all(2).logical_not()));
    EXPECT_TRUE(torch::equal(read_in_parts(*open_raster(path, {3, 1}, {})).valid,
                             (here.select(2, 0) & here.select(2, 2)).logical_not()));
  }
}

TEST_F(TiffRasterTest, MaskAlphaAndNoNumbersTakePixelsOut) {
  const auto mask = torch::rand({21, 34}).lt(0.5);
  const auto numbers = test::random_numbers(21, 34, 2, SampleType::kUInt16);
  EXPECT_TRUE(
      torch::equal(read_in_parts(*open_raster(write(numbers, {.mask = mask, .overview = true}), {}, {})).valid, mask));

  auto with_alpha = test::random_numbers(21, 34, 4, SampleType::kUInt16).clamp_min(1);
  with_alpha.select(2, 3).mul_(mask);
  const auto raster = open_raster(write(with_alpha, {.alpha = true}), {}, {});
  EXPECT_EQ(raster->header().bands, 3);
  const RasterPart part = read_in_parts(*raster);
  EXPECT_TRUE(torch::equal(part.valid, mask));
  EXPECT_TRUE(torch::equal(part.numbers, with_alpha.slice(2, 0, 3)));

  auto holes = test::random_numbers(21, 34, 2, SampleType::kFloat32);
  holes.select(2, 1).masked_fill_(mask, std::numeric_limits<double>::quiet_NaN());
  for (const char* nodata : {"", "nan"}) {
    const auto path = write(holes, {.type = SampleType::kFloat32, .nodata = nodata});
    const auto floats = open_raster(path, {}, {});
    EXPECT_TRUE(torch::equal(read_in_parts(*floats).valid, mask.logical_not()));
    EXPECT_EQ(floats->notes().size(), *nodata == '\0' ? 1U : 0U) << "said once where the file does not say it";
    const auto other = open_raster(path, {1}, {});
    EXPECT_TRUE(read_in_parts(*other).valid.all().item<bool>());
  }
}

TEST_F(TiffRasterTest, BadRastersAreRefusedWithTheirPlace) {
  const auto numbers = test::random_numbers(64, 64, 3, SampleType::kUInt16);
  auto path = write(numbers, {.tile = 32});
  EXPECT_NE(refusal(path, {1, 4}).find("it has 3 bands, and band 4 is to be read"), std::string::npos)
      << refusal(path, {1, 4});
  // the pixels are written before the tiles' index
  path = write(numbers, {.tile = 32, .compression = COMPRESSION_LZW});
  {
    TIFF* const tiff = TIFFOpen(path.c_str(), "r");
    const auto offset = TIFFGetStrileOffset(tiff, 2);
    TIFFClose(tiff);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    for (int i = 0; i < 64; ++i) file.put('\xff');
  }
  const std::string damaged = refusal(path, {});
  EXPECT_NE(damaged.find(path.string()), std::string::npos) << damaged;
  EXPECT_NE(damaged.find("in the tile at row 32, column 0"), std::string::npos) << damaged;

  for (const auto& [bits, format, words] : std::vector<std::tuple<int, int, const char*>>{
           {64, SAMPLEFORMAT_COMPLEXIEEEFP, "complex"}, {16, SAMPLEFORMAT_IEEEFP, "16 bits"}, {12, 1, "12 bits"}}) {
    TIFF* const tiff = TIFFOpen(path.c_str(), "w");
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, 8U);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 8U);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, format);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    test::Bytes row(128, 0);
    for (uint32_t y = 0; y < 8; ++y) TIFFWriteScanline(tiff, row.data(), y, 0);
    TIFFClose(tiff);
    EXPECT_NE(refusal(path, {}).find(words), std::string::npos) << refusal(path, {});
  }
}

// Those of other formats are three bands of bytes.
TEST_F(TiffRasterTest, PicturesAreRastersToo) {
  const auto pixels = torch::randint(0, 256, {9, 14, 3}, torch::kUInt8);
  const auto path = folder_.write("a.bmp", test::encode_bmp(pixels));
  DecodeOptions options;
  options.bands.chosen = {3, 2, 1, 1};
  EXPECT_TRUE(torch::equal(read_picture(path, options).pixels, pixels.index_select(2, torch::tensor({2, 1, 0, 0}))));
}

TEST_F(TiffRasterTest, AnRgbPictureTellsWhichPixelsHoldData) {
  auto pixels = torch::randint(1, 256, {40, 33, 3}, torch::kUInt8);
  const auto hole = torch::rand({40, 33}).lt(0.3);
  pixels.masked_fill_(hole.unsqueeze(2), 0);
  RasterKind kind{.type = SampleType::kUInt8};
  auto path = write(pixels.to(torch::kDouble), kind);
  EXPECT_FALSE(read_picture(path, {}).valid.defined());
  kind.nodata = "0";
  path = write(pixels.to(torch::kDouble), kind);
  const auto picture = read_picture(path, {});
  EXPECT_TRUE(torch::equal(picture.pixels, pixels)) << "the bytes of RGB stay what they are";
  EXPECT_TRUE(torch::equal(picture.valid, hole.logical_not()));
}

}  // namespace
}  // namespace multipole
