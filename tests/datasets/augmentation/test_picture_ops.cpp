// What the operations on a picture give, against Pillow 11.3 and against formulas in double precision.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "datasets/augmentation/affine.h"
#include "datasets/augmentation/color_ops.h"
#include "datasets/augmentation/random_crop.h"
#include "tests/datasets/byte_tensors.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

torch::Tensor random_bytes(int64_t height, int64_t width) {
  torch::manual_seed(test::random_int(0, 1 << 30));
  return torch::randint(0, 256, {height, width, 3}, torch::kUInt8);
}

// Half the contrast of the pattern, so that there is something to spread.
torch::Tensor flat_pattern(int64_t height, int64_t width) {
  return test::pattern_image(height, width).div(2, "floor").add_(40).to(torch::kUInt8);
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.to(torch::kDouble) - b.to(torch::kDouble)).abs().max().item<double>();
}

// ImageEnhance and ImageOps.autocontrast cut decimals off where we round.
TEST(PillowOps, BlendsAreThoseOfImageEnhanceToOneStep) {
  const struct {
    const char* name;
    void (*apply)(torch::Tensor&, double);
    double factor;
    std::vector<int> expected;
  } cases[] = {
      {"brightness", adjust_brightness, 0.6, {0,  31, 63,  54,  86,  118, 109, 141, 19, 10, 42,  73,
                                              22, 54, 85,  83,  115, 147, 144, 22,  54, 52, 84,  115,
                                              44, 76, 108, 112, 144, 22,  26,  58,  90, 94, 126, 4}},
      {"brightness", adjust_brightness, 1.5, {0,   79,  159, 136, 216, 255, 255, 255, 48,  25,  105, 184,
                                              55,  135, 214, 208, 255, 255, 255, 57,  136, 130, 210, 255,
                                              111, 190, 255, 255, 255, 55,  66,  145, 225, 235, 255, 10}},
      {"contrast", adjust_contrast, 0.6, {50, 82,  114, 105, 136, 168, 159, 191, 69,  60,  92,  124,
                                          72, 104, 136, 133, 165, 197, 195, 73,  105, 102, 134, 166,
                                          94, 126, 158, 162, 194, 72,  76,  108, 140, 144, 176, 54}},
      {"contrast", adjust_contrast, 1.5, {0,  16,  96,  73,  153, 232, 210, 255, 0,   0,   42,  121,
                                          0,  72,  151, 145, 225, 255, 255, 0,   73,  67,  147, 226,
                                          48, 127, 207, 217, 255, 0,   3,   82,  162, 172, 252, 0}},
      {"saturation", adjust_saturation, 0.4, {25, 47,  68,  116, 138, 159, 190, 211, 130, 42,  64,  85,
                                              62, 84,  105, 164, 186, 207, 159, 78,  99,  112, 134, 155,
                                              99, 121, 142, 195, 216, 135, 69,  91,  112, 165, 186, 105}},
      {"saturation", adjust_saturation, 1.7, {0,  60,  150, 60,  151, 241, 172, 255, 0,   0,   77,  167,
                                              6,  97,  187, 108, 199, 255, 255, 0,   81,  56,  147, 237,
                                              43, 134, 224, 177, 255, 0,   13,  104, 194, 147, 237, 0}},
      {"sharpness", adjust_sharpness, 0.3, {0,  53,  106, 91,  144, 197, 182, 235, 32,  17,  70,  123,
                                            37, 90,  143, 125, 164, 189, 185, 93,  105, 87,  140, 193,
                                            74, 127, 180, 187, 240, 37,  44,  97,  150, 157, 210, 7}},
      {"sharpness", adjust_sharpness, 1.9, {0,  53,  106, 91,  144, 197, 182, 235, 32,  17,  70,  123,
                                            37, 90,  143, 157, 227, 255, 255, 0,   73,  87,  140, 193,
                                            74, 127, 180, 187, 240, 37,  44,  97,  150, 157, 210, 7}},
  };
  for (const auto& c : cases) {
    torch::Tensor image = test::pattern_image(3, 4);
    c.apply(image, c.factor);
    EXPECT_LE(largest_difference(image.flatten(), torch::tensor(c.expected)), 1.0) << c.name << " " << c.factor;
  }
  torch::Tensor image = flat_pattern(3, 4);
  auto_contrast(image);
  const std::vector<int> spread = {0,   17, 107, 95, 133, 203, 193, 247, 27,  17,  40,  124, 38, 65, 145, 146, 194, 254,
                                   255, 0,  90,  91, 128, 199, 78,  111, 186, 197, 255, 32,  46, 73, 154, 165, 217, 0};
  EXPECT_LE(largest_difference(image.flatten(), torch::tensor(spread)), 1.0);
}

TEST(PillowOps, TablesAreThoseOfImageOps) {
  const auto sum_after = [](const std::function<void(torch::Tensor&)>& apply) {
    torch::Tensor image = flat_pattern(40, 53);
    apply(image);
    return test::checksum(image);
  };
  EXPECT_EQ(sum_after(equalize), 0xe9068012f6c34872);
  EXPECT_EQ(sum_after(invert), 0xc62b9bf21ce0fef0);
  EXPECT_EQ(sum_after([](torch::Tensor& image) { posterize(image, 3); }), 0x182832a28cccdf25);
  EXPECT_EQ(sum_after([](torch::Tensor& image) { solarize(image, 100); }), 0xc42372c976e3d12c);
}

TEST(HueOp, TurnsTheHexconeEitherWay) {
  for (const double turn : {-0.5, -0.31, -0.02, 0.0, 0.04, 0.27, 0.5}) {
    const torch::Tensor before = random_bytes(test::random_int(1, 30), test::random_int(1, 30));
    torch::Tensor image = before.clone();
    adjust_hue(image, turn);
    // f(n) = v - v s max(min(k, 4 - k, 1), 0) with k = (n + hue) mod 6, of HSV
    const auto rgb = before.to(torch::kDouble);
    const auto high = std::get<0>(rgb.max(2)), chroma = high - std::get<0>(rgb.min(2));
    const auto red = rgb.select(2, 0), green = rgb.select(2, 1), blue = rgb.select(2, 2);
    const auto hue = torch::where(high.eq(red), (green - blue) / chroma,
                                  torch::where(high.eq(green), (blue - red) / chroma + 2, (red - green) / chroma + 4)) +
                     6 * turn;
    std::vector<torch::Tensor> channels;
    for (const double n : {5.0, 3.0, 1.0}) {
      const auto k = (hue + n).remainder(6);
      channels.push_back(torch::where(chroma.eq(0), high, high - chroma * torch::minimum(k, 4 - k).clamp(0, 1)));
    }
    EXPECT_LE(largest_difference(image, torch::stack(channels, 2)), 0.51) << turn;
  }
}

TEST(AffineOp, IsBilinearInterpolationBetweenPlacesOfAThirtySecond) {
  for (int round = 0; round < 20; ++round) {
    const int64_t height = test::random_int(1, 40), width = test::random_int(1, 40);
    const torch::Tensor image = random_bytes(height, width);
    const auto random = [](double low, double high) { return low + (high - low) * test::random_int(0, 1000) / 1000; };
    const AffineMap map{.xx = random(-1.3, 1.3),
                        .xy = random(-1, 1),
                        .dx = random(-9, 9),
                        .yx = random(-1, 1),
                        .yy = random(-1.3, 1.3),
                        .dy = random(-9, 9)};
    const FillColor fill = {9, 128, 250};
    const torch::Tensor out = warp_affine(image, map, fill);
    const auto at = [&](int64_t y, int64_t x, int64_t c) -> double {
      return y >= 0 && x >= 0 && y < height && x < width ? image[y][x][c].item<int>() : fill[c];
    };
    const double middle_x = (width - 1) / 2.0, middle_y = (height - 1) / 2.0;
    for (int sample = 0; sample < 30; ++sample) {
      const int64_t row = test::random_int(0, height - 1), column = test::random_int(0, width - 1);
      const double x = column - middle_x, y = row - middle_y;
      const double from_x = map.xx * x + map.xy * y + map.dx + middle_x;
      const double from_y = map.yx * x + map.yy * y + map.dy + middle_y;
      const auto x0 = static_cast<int64_t>(std::floor(from_x)), y0 = static_cast<int64_t>(std::floor(from_y));
      const double wx = from_x - x0, wy = from_y - y0;
      for (int64_t c = 0; c < 3; ++c) {
        const double above = std::lerp(at(y0, x0, c), at(y0, x0 + 1, c), wx);
        const double below = std::lerp(at(y0 + 1, x0, c), at(y0 + 1, x0 + 1, c), wx);
        // half a place off along each axis, and the rounding
        EXPECT_NEAR(out[row][column][c].item<int>(), std::lerp(above, below, wy), 2 * 255.0 / 64 + 1);
      }
    }
  }
}

TEST(PaddedCrop, ReflectsAsOftenAsItTakes) {
  const int64_t height = test::random_int(1, 4), width = test::random_int(2, 5), size = 23;
  const torch::Tensor image = random_bytes(height, width);
  const int64_t top = test::random_int(-30, 10), left = test::random_int(-30, 10);
  const auto place = [](int64_t i, int64_t extent) {
    while (extent > 1 && (i < 0 || i >= extent)) i = i < 0 ? -i : 2 * (extent - 1) - i;
    return extent > 1 ? i : 0;
  };
  const torch::Tensor out = padded_crop(image, top, left, size, true);
  for (int64_t y = 0; y < size; ++y) {
    for (int64_t x = 0; x < size; ++x) {
      EXPECT_TRUE(torch::equal(out[y][x], image[place(top + y, height)][place(left + x, width)])) << y << ", " << x;
    }
  }
}

}  // namespace
}  // namespace multipole
