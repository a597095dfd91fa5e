// Resizing equals Pillow's to the bit. The expected values are Pillow 11.3's for the pattern below:
//   Image.fromarray(pattern(h, w)).resize((ow, oh), Image.BILINEAR or Image.BICUBIC), FNV-1a of the bytes;
// those of the centre crop also do what torchvision's Resize(floor(size / crop_pct)) and CenterCrop(size) do.
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <vector>

#include "base/error.h"
#include "datasets/pictures/preprocessing.h"
#include "datasets/pictures/resize.h"
#include "tests/datasets/byte_tensors.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

constexpr auto pattern = test::pattern_image;

torch::Tensor small(std::vector<int> values, std::vector<int64_t> shape) {
  return torch::tensor(values, torch::kInt).view(shape).to(torch::kUInt8);
}

TEST(Resize, SmallPicturesByValue) {
  EXPECT_TRUE(
      torch::equal(resize(pattern(5, 7), 4, 3, Interpolation::kBilinear),
                   small({90,  129, 141, 106, 144, 126, 117, 170, 127, 121, 142, 149, 126, 144, 112, 120, 135, 157,
                          143, 132, 139, 138, 112, 114, 159, 110, 110, 115, 141, 152, 121, 140, 103, 112, 137, 126},
                         {4, 3, 3})));
  EXPECT_TRUE(torch::equal(resize(pattern(3, 2), 5, 3, Interpolation::kBicubic),
                           small({0,   44,  97,  43,  96,  149, 93, 146, 199, 9,   58,  110, 59,  112, 171,
                                  112, 165, 230, 30,  83,  136, 88, 141, 194, 146, 199, 252, 55,  109, 172,
                                  118, 171, 141, 179, 232, 109, 70, 123, 193, 134, 187, 103, 198, 251, 11},
                                 {5, 3, 3})));
}

struct Case {
  int64_t height, width, new_height, new_width;
  const char* interpolation;
  uint64_t expected;
};

TEST(Resize, PicturesBySum) {
  const Case cases[] = {
      {60, 83, 32, 32, "bilinear", 0xe4df88b42b61e742},   {60, 83, 32, 32, "bicubic", 0xbc4b712a1cbb883d},
      {32, 32, 224, 224, "bilinear", 0x4a12c66dec75e2f2}, {32, 32, 224, 224, "bicubic", 0xcbc824c391657602},
      {1, 1, 9, 5, "bilinear", 0xed8e2f213ee24e38},       {1, 1, 9, 5, "bicubic", 0xed8e2f213ee24e38},
      {1, 300, 4, 32, "bilinear", 0xba5de9e48b77e015},    {1, 300, 4, 32, "bicubic", 0xe3ddf03dc09a1fc5},
      {500, 3, 20, 20, "bilinear", 0x7e4f5038f1c0b8e5},   {500, 3, 20, 20, "bicubic", 0x27e5416a2714fca0},
      {37, 41, 37, 16, "bilinear", 0x5efc75e23be96db8},   {37, 41, 37, 16, "bicubic", 0xee5b45e7ad368ed8},
      {37, 41, 16, 41, "bilinear", 0xcac22b610fd170da},   {37, 41, 16, 41, "bicubic", 0x4a0a123862f7de8b},
      {90, 61, 64, 48, "bilinear", 0xba96b1cc358b74aa},   {90, 61, 64, 48, "bicubic", 0xf1bbdc0b2915464e}};
  for (const auto& c : cases) {
    const torch::Tensor out =
        resize(pattern(c.height, c.width), c.new_height, c.new_width, interpolation_from_name(c.interpolation, "test"));
    EXPECT_EQ(test::checksum(out), c.expected) << c.height << " x " << c.width << " " << c.interpolation;
  }
}

// LibTorch rounds once, after both passes. A single column is left out: LibTorch 2.11 makes it other than Pillow does,
// by up to 30 of 255.
TEST(Resize, IsTorchsAntialiasingToOneStep) {
  for (int round = 0; round < 20; ++round) {
    const auto random = [](int64_t high) { return test::random_int(1, high); };
    const torch::Tensor image = pattern(random(80), random(80));
    const int64_t height = random(60), width = 1 + random(60);
    const torch::Tensor wanted =
        at::_upsample_bilinear2d_aa(image.permute({2, 0, 1}).unsqueeze(0).to(torch::kDouble), {height, width}, false)[0]
            .permute({1, 2, 0});
    const torch::Tensor out = resize(image, height, width, Interpolation::kBilinear);
    EXPECT_LE((out - wanted).abs().max().item<double>(), 1.01) << image.sizes() << " to " << out.sizes();
  }
}

// Three channels have vector instructions of their own, one channel has none.
TEST(Resize, EachChannelIsResizedAsIfAlone) {
  for (int round = 0; round < 60; ++round) {
    const int64_t height = test::random_int(1, 40), width = test::random_int(1, 700);
    torch::Tensor image = torch::randint(0, 256, {height, width, 3}, torch::kUInt8);
    if (round % 4 == 0) image = image.gt(127).to(torch::kUInt8) * 255;  // edges that bicubic overshoots
    const int64_t new_height = test::random_int(1, 60), new_width = test::random_int(1, round % 3 == 0 ? 900 : 60);
    const auto kind = round % 2 == 0 ? Interpolation::kBilinear : Interpolation::kBicubic;
    std::vector<torch::Tensor> channels;
    for (int64_t c = 0; c < 3; ++c) {
      channels.push_back(resize(image.slice(2, c, c + 1).contiguous(), new_height, new_width, kind));
    }
    EXPECT_TRUE(torch::equal(resize(image, new_height, new_width, kind), torch::cat(channels, 2)))
        << height << " x " << width << " to " << new_height << " x " << new_width;
  }
}

TEST(Resize, CenterCropIsTorchvisions) {
  const struct {
    int64_t height, width, size;
    double crop_pct;
    const char* interpolation;
    uint64_t expected;
  } cases[] = {{60, 83, 32, 0.875, "bilinear", 0xe3fd7533e2924034},
               {83, 60, 32, 0.9, "bicubic", 0x90a95bce6af2535d},
               {32, 32, 32, 1.0, "bilinear", 0x5ff63291734175e4},
               {31, 200, 24, 0.8, "bicubic", 0xb6d8a44df209b75e},
               {77, 77, 21, 0.95, "bilinear", 0xbfe9b183d96c6845}};
  for (const auto& c : cases) {
    const Preprocessing preprocessing{.image_size = c.size, .crop_pct = c.crop_pct, .interpolation = c.interpolation};
    EXPECT_EQ(test::checksum(resize_center_crop(pattern(c.height, c.width), preprocessing)), c.expected)
        << c.height << " x " << c.width;
  }
}

TEST(Resize, WindowsAndBoxesAreThePartsOfTheWhole) {
  for (int round = 0; round < 30; ++round) {
    const auto random = [](int64_t high) { return test::random_int(1, high); };
    const torch::Tensor image = pattern(random(60), random(60));
    const int64_t height = random(50), width = random(50);
    const CropBox window{test::random_int(0, height - 1), test::random_int(0, width - 1), 1, 1};
    const CropBox grown{window.top, window.left, random(height - window.top), random(width - window.left)};
    const auto kind = round % 2 == 0 ? Interpolation::kBilinear : Interpolation::kBicubic;
    const auto part = [](const torch::Tensor& whole, const CropBox& box) {
      return whole.slice(0, box.top, box.top + box.height).slice(1, box.left, box.left + box.width).contiguous();
    };
    EXPECT_TRUE(
        torch::equal(resize_crop(image, height, width, grown, kind), part(resize(image, height, width, kind), grown)));
    const CropBox source{0, 0, random(image.size(0)), random(image.size(1))};
    EXPECT_TRUE(torch::equal(crop_resize(image, source, height, width, kind),
                             resize(part(image, source), height, width, kind)));
  }
}

TEST(Preprocessing, ExtremePicturesCostNoMoreThanOthers) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 1}, {1, 10000}, {10000, 1}, {3, 200000}}) {
    const torch::Tensor out = preprocess(pattern(height, width), {});
    EXPECT_EQ(out.sizes(), (std::vector<int64_t>{3, 224, 224}));
    EXPECT_TRUE(out.isfinite().all().item<bool>());
  }
}

TEST(Preprocessing, NormalisesToMeanAndStandardDeviation) {
  const Preprocessing preprocessing{.image_size = 8, .crop_pct = 1.0};
  const torch::Tensor image = pattern(8, 8);
  const torch::Tensor out = preprocess(image, preprocessing);
  const torch::Tensor mean = torch::tensor(preprocessing.mean, torch::kDouble);
  const torch::Tensor std = torch::tensor(preprocessing.std, torch::kDouble);
  const torch::Tensor wanted = ((image.to(torch::kDouble) / 255 - mean) / std).permute({2, 0, 1});
  EXPECT_LT((out - wanted).abs().max().item<double>(), 1e-6);
  EXPECT_TRUE(out.unsqueeze(0).is_contiguous(torch::MemoryFormat::ChannelsLast));
}

TEST(Preprocessing, BadConfigsNameTheirKey) {
  const auto message = [](const char* json) -> std::string {
    try {
      config_from_json<Preprocessing>(parse_json(json, "test"), "preprocessing");
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message("{}"), "");
  EXPECT_NE(message(R"({"image_size": 0})").find("preprocessing.image_size"), std::string::npos);
  EXPECT_NE(message(R"({"crop_pct": 1.5})").find("preprocessing.crop_pct"), std::string::npos);
  EXPECT_NE(message(R"({"std": [1, 1, 0]})").find("preprocessing.std"), std::string::npos);
  EXPECT_NE(message(R"({"interpolation": "bilinar"})").find("did you mean 'bilinear'"), std::string::npos);
}

}  // namespace
}  // namespace multipole
