// Pictures that are fitted while they are read are those that are decoded whole and fitted then, byte for byte and
// error for error.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <string>

#include "base/error.h"
#include "datasets/pictures/fitted_picture.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/read_picture.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::Bytes;
using test::random_int;

// Colours that change from pixel to pixel: a neighbour too few changes what is interpolated.
torch::Tensor noise(int64_t height, int64_t width, int64_t channels = 3) {
  return torch::randint(0, 256, {height, width, channels}, torch::kUInt8);
}

Preprocessing random_preprocessing(int64_t longest) {
  return {.image_size = random_int(1, longest),
          .crop_pct = random_int(0, 3) == 0 ? 1.0 : 0.05 * static_cast<double>(random_int(4, 20)),
          .interpolation = random_int(0, 1) == 0 ? "bilinear" : "bicubic",
          .fit = random_int(0, 3) == 0 ? "squash" : "crop"};
}

void expect_same(const std::filesystem::path& path, const Preprocessing& preprocessing,
                 const DecodeOptions& options = {}) {
  const DecodedImage whole = read_picture(path, options);
  const DecodedImage fitted = read_fitted_picture(path, options, preprocessing);
  EXPECT_TRUE(torch::equal(fitted.pixels, resize_center_crop(whole.pixels, preprocessing)))
      << path << " of " << whole.pixels.sizes() << " at " << to_json_config(preprocessing).dump();
  EXPECT_EQ(fitted.notes, whole.notes);
}

TEST(FittedPicture, JpegsAreThoseOfTheWholePicture) {
  const test::TemporaryFolder folder;
  constexpr test::ColorSampling kSamplings[] = {{2, 2}, {2, 1}, {1, 1}, {1, 2}, {4, 1}};
  for (int round = 0; round < 120; ++round) {
    const int64_t channels = round % 10 == 8 ? 1 : round % 10 == 9 ? 4 : 3;
    const Bytes jpeg = test::encode_jpeg(noise(random_int(1, 300), random_int(1, 300), channels), 90, round % 6 == 5,
                                         kSamplings[round % 5]);
    expect_same(folder.write("a.jpg", jpeg), random_preprocessing(80));
  }
}

TEST(FittedPicture, TurnedOnesAndOtherFormatsAre) {
  const test::TemporaryFolder folder;
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Bytes jpeg = test::encode_jpeg(noise(random_int(1, 90), random_int(1, 90)));
    expect_same(folder.write("a.jpg", test::with_app1(jpeg, test::exif_block(orientation))), random_preprocessing(40));
  }
  expect_same(folder.write("a.png", encode_png(noise(31, 47))), random_preprocessing(40));
}

// What the crop does not show has to be sound all the same.
TEST(FittedPicture, DamageIsFoundWhereverItIs) {
  const test::TemporaryFolder folder;
  const Preprocessing preprocessing{.image_size = 8, .crop_pct = 0.2};
  for (int round = 0; round < 40; ++round) {
    const bool progressive = round % 4 == 3;
    Bytes jpeg = test::encode_jpeg(noise(random_int(60, 200), random_int(60, 200)), 90, progressive);
    jpeg.resize(jpeg.size() - static_cast<size_t>(random_int(2, static_cast<int64_t>(jpeg.size()) / 2)));
    const auto path = folder.write("cut.jpg", jpeg);
    const auto reason = [&](const auto& read) -> std::string {
      try {
        read();
      } catch (const InputError& error) {
        return error.what();
      }
      return "none";
    };
    const std::string expected = reason([&] { read_picture(path, {}); });
    EXPECT_NE(expected, "none");
    EXPECT_EQ(reason([&] { read_fitted_picture(path, {}, preprocessing); }), expected);
    // a table that is cut cannot be read on, truncation allowed or not
    const DecodeOptions allowed{.allow_truncated = true};
    const std::string refused = reason([&] { read_picture(path, allowed); });
    EXPECT_EQ(reason([&] { read_fitted_picture(path, allowed, preprocessing); }), refused);
    if (refused == "none") expect_same(path, preprocessing, allowed);
    EXPECT_TRUE(progressive || refused == "none") << refused;  // elsewhere tables lie before the pixels, uncut
  }
}

TEST(FittedPicture, LimitsAreThoseOfWholePictures) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("a.jpg", test::encode_jpeg(noise(30, 40)));
  EXPECT_THROW(read_fitted_picture(path, {.max_pixels = 1199}, {}), InputError);
  EXPECT_NO_THROW(read_fitted_picture(path, {.max_pixels = 1200}, {}));
  EXPECT_THROW(read_fitted_picture(path, {.max_file_bytes = 20}, {}), InputError);
  EXPECT_THROW(read_fitted_picture(folder.path() / "none.jpg", {}, {}), InputError);
}

}  // namespace
}  // namespace multipole
