// Which bands of a TIFF are taken for colours, and what is said of it: the files are those that rasterio writes.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include "base/error.h"
#include "datasets/pictures/picture_rows.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::Bytes;
using Extras = std::vector<uint16_t>;

constexpr int kMinIsWhite = 0, kMinIsBlack = 1, kRgb = 2;
constexpr uint16_t kUnspecified = 0, kPremultiplied = 1, kStraight = 2;

test::RawTiff noise_tiff(int samples, int bits, int photometric, const Extras& extras) {
  test::RawTiff tiff{.width = 37, .height = 45, .samples = samples, .bits = bits, .photometric = photometric};
  tiff.extra_samples = extras;
  tiff.data = Bytes(static_cast<size_t>(tiff.width) * tiff.height * samples * bits / 8);
  for (auto& byte : tiff.data) byte = static_cast<uint8_t>(test::random_int(0, 255));
  return tiff;
}

// The first three bands as bytes, (H, W, 3) int32.
torch::Tensor first_bands(const test::RawTiff& tiff) {
  const auto height = static_cast<int64_t>(tiff.height), width = static_cast<int64_t>(tiff.width);
  torch::Tensor values = torch::empty({height, width, tiff.samples}, torch::kInt);
  auto* const out = values.data_ptr<int32_t>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    const auto* const bytes = tiff.data.data() + i * tiff.bits / 8;
    out[i] = tiff.bits == 8 ? *bytes : ((bytes[0] | bytes[1] << 8) + 128) / 257;
  }
  return values.slice(2, 0, 3);
}

// Decoded whole, after row by row gave the same pixels and the same notes.
DecodedImage decode_both_ways(const test::RawTiff& tiff) {
  const Bytes file = test::encode_raw_tiff(tiff);
  auto whole = decode_image_with_notes(file, "bands.tif");
  const test::TemporaryFolder folder;
  const auto rows = open_picture_rows(folder.write("bands.tif", file), {});
  EXPECT_TRUE(torch::equal(rows->read(rows->height()), whole.pixels));
  EXPECT_EQ(rows->notes(), whole.notes);
  return whole;
}

std::string refusal(const test::RawTiff& tiff) {
  const Bytes file = test::encode_raw_tiff(tiff);
  std::string whole, by_rows;
  const test::TemporaryFolder folder;
  const auto path = folder.write("bands.tif", file);
  try {
    decode_image(file, path.string());
  } catch (const InputError& error) {
    whole = error.what();
  }
  try {
    const auto rows = open_picture_rows(path, {});
    rows->read(rows->height());
  } catch (const InputError& error) {
    by_rows = error.what();
  }
  EXPECT_EQ(whole, by_rows);
  return whole;
}

struct Layout {
  int samples, photometric;
  Extras extras;
};

TEST(TiffBands, UnspecifiedBandsAreNeverAlphaAndTheFirstThreeAreRgb) {
  const std::vector<Layout> layouts = {
      {3, kMinIsBlack, {kUnspecified, kUnspecified}},  // rasterio: RGB of 16 bits
      {4, kMinIsBlack, {kUnspecified, kUnspecified, kUnspecified}},
      {7, kMinIsBlack, Extras(6, kUnspecified)},
      {4, kRgb, {kUnspecified}},  // rasterio: photometric RGB, near infrared behind it
      {5, kRgb, {kUnspecified, kStraight}},
  };
  for (const auto& layout : layouts) {
    for (const int bits : {8, 16}) {
      for (const bool separate : {false, true}) {
        for (const uint32_t tile : {0U, 16U, 32U, 48U}) {
          auto tiff = noise_tiff(layout.samples, bits, layout.photometric, layout.extras);
          tiff.separate = separate;
          tiff.tile = tile;
          SCOPED_TRACE(std::to_string(layout.samples) + " bands, photometric " + std::to_string(layout.photometric) +
                       ", bits " + std::to_string(bits) + (separate ? ", separate" : "") +
                       (tile > 0 ? ", tiles of " + std::to_string(tile) : ""));
          const auto decoded = decode_both_ways(tiff);
          EXPECT_TRUE(torch::equal(decoded.pixels.to(torch::kInt), first_bands(tiff)));
          EXPECT_EQ(decoded.notes, std::vector<std::string>{"bands 1 to 3 of " + std::to_string(layout.samples) +
                                                            " are taken as red, green and blue"});
        }
      }
    }
  }
}

TEST(TiffBands, AFileThatSaysWhatItHoldsNeedsNoNote) {
  for (const auto& layout : std::vector<Layout>{{3, kRgb, {}}, {1, kMinIsBlack, {}}, {4, kRgb, {kStraight}}}) {
    const auto tiff = noise_tiff(layout.samples, 8, layout.photometric, layout.extras);
    EXPECT_EQ(decode_both_ways(tiff).notes, std::vector<std::string>()) << layout.samples;
  }
}

TEST(TiffBands, AlphaIsAlphaWhereTheFileSaysSo) {
  const Bytes rgba = {10, 100, 200, 255, 10, 100, 200, 128, 10, 100, 200, 0};
  const torch::Tensor wanted = torch::tensor({10, 100, 200, 132, 177, 227, 255, 255, 255}, torch::kInt).view({1, 3, 3});
  // rasterio's way to say it where the colours are not 8-bit RGB
  test::RawTiff tiff{.width = 3, .height = 1, .samples = 4, .photometric = kMinIsBlack, .data = rgba};
  tiff.extra_samples = {kUnspecified, kUnspecified, kStraight};
  const auto decoded = decode_both_ways(tiff);
  EXPECT_LE((decoded.pixels.to(torch::kInt) - wanted).abs().max().item<int>(), 1);
  EXPECT_EQ(decoded.notes,
            std::vector<std::string>{"bands 1 to 3 of 4 are taken as red, green and blue, band 4 as alpha"});

  test::RawTiff gray{.width = 3, .height = 1, .samples = 2, .photometric = kMinIsBlack};
  gray.data = {100, 255, 100, 128, 100, 0};
  gray.extra_samples = {kStraight};
  EXPECT_TRUE(torch::equal(decode_both_ways(gray).pixels.select(2, 0),
                           torch::tensor({{100, 177, 255}}, torch::kInt).to(torch::kUInt8)));
  gray.data = {100, 255, 50, 128, 0, 0};
  gray.extra_samples = {kPremultiplied};
  EXPECT_TRUE(torch::equal(decode_both_ways(gray).pixels.select(2, 1),
                           torch::tensor({{100, 177, 255}}, torch::kInt).to(torch::kUInt8)));
}

TEST(TiffBands, FloatBandsFollowTheSameRules) {
  const std::vector<float> values = {0.0F, 0.5F, 1.0F, 0.25F, 1.0F, 0.0F, 0.5F, 0.75F};
  test::RawTiff tiff{.width = 2, .height = 1, .samples = 4, .bits = 32, .sample_format = 3, .photometric = kMinIsBlack};
  tiff.extra_samples = Extras(3, kUnspecified);
  tiff.data.resize(values.size() * sizeof(float));
  std::memcpy(tiff.data.data(), values.data(), tiff.data.size());
  const auto decoded = decode_both_ways(tiff);
  EXPECT_TRUE(torch::equal(decoded.pixels.to(torch::kInt),
                           torch::tensor({0, 128, 255, 255, 0, 128}, torch::kInt).view({1, 2, 3})));
  EXPECT_EQ(decoded.notes, std::vector<std::string>{"bands 1 to 3 of 4 are taken as red, green and blue"});
  tiff.extra_samples = {kUnspecified, kUnspecified, kStraight};
  EXPECT_NE(refusal(tiff), "");
}

TEST(TiffBands, BandsThatAreNoPictureAreRefused) {
  const std::vector<Layout> layouts = {{2, kMinIsBlack, {kUnspecified}},
                                       {2, kMinIsWhite, {kUnspecified}},
                                       {3, kMinIsWhite, {kUnspecified, kUnspecified}},
                                       {3, kMinIsBlack, {kStraight, kUnspecified}}};
  for (const auto& layout : layouts) {
    const std::string reason = refusal(noise_tiff(layout.samples, 8, layout.photometric, layout.extras));
    EXPECT_NE(reason.find(std::to_string(layout.samples) + " bands"), std::string::npos) << reason;
    EXPECT_NE(reason.find("only the first is said to be a colour"), std::string::npos) << reason;
  }
  // libtiff would leave this alpha out
  EXPECT_NE(refusal(noise_tiff(2, 16, kMinIsBlack, {kStraight})).find("16 bits with alpha"), std::string::npos);
}

}  // namespace
}  // namespace multipole
