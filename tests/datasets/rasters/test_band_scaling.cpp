// What is measured of a training set's bands, and the bytes that come of it.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include "base/error.h"
#include "datasets/pictures/preprocessing.h"
#include "datasets/pictures/read_picture.h"
#include "datasets/rasters/band_statistics.h"
#include "tests/datasets/rasters/raster_fixtures.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::random_int;
using test::RasterKind;

class BandScalingTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const torch::Tensor& numbers, const RasterKind& kind) {
    test::write_raster(folder_ / name, numbers, kind);
    return folder_ / name;
  }
  test::TemporaryFolder folder_;
};

std::string config_error(const std::vector<std::filesystem::path>& pictures, const std::vector<int64_t>& bands) {
  try {
    measure_bands(pictures, bands, {}, 1, 2);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_F(BandScalingTest, PercentilesOfValidPixelsBecomeTheRangeOfBytes) {
  std::vector<std::filesystem::path> paths;
  std::vector<torch::Tensor> kept;
  const RasterKind kind{.type = SampleType::kInt16, .nodata = "-1"};
  for (int i = 0; i < 5; ++i) {
    auto numbers = (torch::randn({random_int(30, 90), random_int(30, 90), 3}, torch::kDouble) * 200 + 1500).round();
    const auto hole = torch::rand({numbers.size(0), numbers.size(1)}).lt(0.25);
    numbers.masked_fill_(hole.unsqueeze(2), -1);
    kept.push_back(numbers.masked_select(hole.logical_not().unsqueeze(2)).view({-1, 3}));
    paths.push_back(write(std::to_string(i) + ".tif", numbers, kind));
  }
  const auto found = measure_bands(paths, {3, 1}, {}, 7, 2);
  const auto all = torch::cat(kept).index_select(1, torch::tensor({2, 0}));
  EXPECT_EQ(found.scaling.count, 3);
  EXPECT_EQ(found.scaling.type, "int16");
  EXPECT_NEAR(found.nodata_share, 0.25, 0.05);
  for (int64_t c = 0; c < 2; ++c) {
    const auto sorted = std::get<0>(all.select(1, c).sort());
    const auto at = [&](double share) {
      return sorted[std::llround(share * static_cast<double>(sorted.size(0) - 1))].item<double>();
    };
    EXPECT_EQ(found.scaling.low[c], at(0.005));
    EXPECT_EQ(found.scaling.high[c], at(0.995));
  }
  const auto low = torch::tensor(found.scaling.low, torch::kDouble);
  const auto high = torch::tensor(found.scaling.high, torch::kDouble);
  const auto bytes = ((all - low) / (high - low) * 255 + 0.5).clamp(0, 255).floor() / 255;
  EXPECT_TRUE(torch::allclose(torch::tensor(found.mean, torch::kDouble), bytes.mean(0), 1e-9, 1e-9));
  EXPECT_TRUE(torch::allclose(torch::tensor(found.std, torch::kDouble), bytes.std(0, false), 1e-6, 1e-6));

  // and a picture read by it
  DecodeOptions options;
  options.bands = found.scaling;
  const auto picture = read_picture(paths[0], options);
  const auto inside = picture.pixels.masked_select(picture.valid.unsqueeze(2)).view({-1, 2});
  EXPECT_TRUE(torch::equal(inside.to(torch::kDouble), bytes.slice(0, 0, inside.size(0)).mul(255).round()));
  const auto outside = picture.pixels.masked_select(picture.valid.logical_not().unsqueeze(2)).view({-1, 2});
  EXPECT_TRUE(outside.select(1, 0).eq(found.scaling.fill[0]).all().item<bool>()) << "the mean, 0 once normalised";
  EXPECT_EQ(found.scaling.fill[0], std::llround(255 * found.mean[0]));
}

TEST_F(BandScalingTest, BytesStayBytesAndConstantBandsHaveAScale) {
  const auto bytes = test::random_numbers(40, 50, 2, SampleType::kUInt8);
  const auto found = measure_bands({write("a.tif", bytes, {.type = SampleType::kUInt8})}, {1, 2}, {}, 1, 1);
  EXPECT_EQ(found.scaling.low, (std::vector<double>{0, 0}));
  EXPECT_EQ(found.scaling.high, (std::vector<double>{255, 255}));
  const auto flat = measure_bands({write("b.tif", torch::full({9, 9, 1}, 400, torch::kDouble), {})}, {1}, {}, 1, 1);
  EXPECT_LT(flat.scaling.low[0], flat.scaling.high[0]);
  EXPECT_GT(flat.std[0], 0);
}

TEST_F(BandScalingTest, MixedBandsAndPixelsWithoutDataAreToldWithTheirFiles) {
  const auto four = write("four.tif", test::random_numbers(9, 9, 4, SampleType::kUInt16), {});
  const auto three = write("three.tif", test::random_numbers(9, 9, 3, SampleType::kUInt16), {});
  const auto bytes =
      write("bytes.tif", test::random_numbers(9, 9, 4, SampleType::kUInt8), {.type = SampleType::kUInt8});
  const std::string mixed = config_error({four, three}, {1, 2});
  for (const auto& words : {four.string() + " has 4 bands of uint16", three.string() + " has 3 bands of uint16"}) {
    EXPECT_NE(mixed.find(words), std::string::npos) << mixed;
  }
  EXPECT_NE(config_error({four, bytes}, {1}).find("4 bands of uint8"), std::string::npos);
  EXPECT_NE(config_error({four}, {1, 5}).find("band 5 is to be read"), std::string::npos) << config_error({four}, {5});
  const auto empty = write("empty.tif", torch::zeros({9, 9, 1}, torch::kDouble), {.nodata = "0"});
  EXPECT_NE(config_error({empty}, {1}).find("no pixel of " + empty.string()), std::string::npos);
}

TEST_F(BandScalingTest, AModelsBandsAreNotThoseOfAnyRaster) {
  const auto four = write("four.tif", test::random_numbers(9, 9, 4, SampleType::kUInt16), {});
  const auto two = write("two.tif", test::random_numbers(9, 9, 2, SampleType::kUInt16), {});
  const auto bytes =
      write("bytes.tif", test::random_numbers(9, 9, 4, SampleType::kUInt8), {.type = SampleType::kUInt8});
  Preprocessing model;
  const auto found = measure_bands({four}, {4, 2}, {}, 1, 1);
  model.bands = found.scaling;
  model.mean = found.mean;
  model.std = found.std;
  const auto words = [&](const std::filesystem::path& path, const std::vector<int64_t>& bands) -> std::string {
    try {
      DecodeOptions asked;
      asked.bands.chosen = bands;
      EXPECT_EQ(read_picture(path, reading_for(model, asked)).pixels.size(2), 2);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(words(four, {}), "");
  const std::string count = words(two, {});
  EXPECT_NE(count.find("it has 2 bands of uint16, and the model takes bands 4 and 2 of 4"), std::string::npos) << count;
  EXPECT_NE(count.find("--bands"), std::string::npos) << count;
  EXPECT_EQ(words(two, {2, 1}), "");
  EXPECT_NE(words(two, {2, 1, 1}).find("--bands names 3"), std::string::npos);
  EXPECT_NE(words(bytes, {}).find("uint16"), std::string::npos) << words(bytes, {});
}

}  // namespace
}  // namespace multipole
