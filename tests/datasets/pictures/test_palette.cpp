// Whether the default colours can be told apart, by simulation: CIEDE2000 between them as people with full colour
// vision, deuteranopia and protanopia see them (Vienot, Brettel and Mollon, 1999).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <set>

#include "datasets/pictures/palette.h"

namespace multipole {
namespace {

using Triple = std::array<double, 3>;
using Matrix = std::array<Triple, 3>;

constexpr double kDegree = std::numbers::pi / 180;
constexpr Matrix kFull = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
constexpr Matrix kDeuteranopia = {{{0.29275, 0.70725, 0}, {0.29275, 0.70725, 0}, {-0.02234, 0.02234, 1}}};
constexpr Matrix kProtanopia = {{{0.11238, 0.88762, 0}, {0.11238, 0.88762, 0}, {0.00401, -0.00401, 1}}};
constexpr Matrix kToXyz = {
    {{0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}}};

Triple times(const Matrix& matrix, const Triple& vector) {
  Triple result = {};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) result[i] += matrix[i][j] * vector[j];
  }
  return result;
}

Triple lab(const PaletteColor& color, const Matrix& sight) {
  Triple light = {};
  for (size_t i = 0; i < 3; ++i) {
    const double value = color[i] / 255.0;
    light[i] = value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  }
  light = times(sight, light);
  for (auto& value : light) value = std::clamp(value, 0.0, 1.0);
  Triple f = times(kToXyz, light);
  constexpr Triple kWhite = {0.95047, 1, 1.08883};
  for (size_t i = 0; i < 3; ++i) {
    const double value = f[i] / kWhite[i];
    f[i] = value > 0.008856 ? std::cbrt(value) : 7.787 * value + 16.0 / 116;
  }
  return {116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])};
}

// Sharma, Wu and Dalal, 2005.
double ciede2000(const Triple& first, const Triple& second) {
  const double mean = (std::hypot(first[1], first[2]) + std::hypot(second[1], second[2])) / 2;
  const double stretch = 1.5 - 0.5 * std::sqrt(std::pow(mean, 7) / (std::pow(mean, 7) + std::pow(25.0, 7)));
  const double c1 = std::hypot(first[1] * stretch, first[2]), c2 = std::hypot(second[1] * stretch, second[2]);
  const auto hue = [&](const Triple& color) {
    return std::fmod(std::atan2(color[2], color[1] * stretch) / kDegree + 360, 360);
  };
  const double h1 = hue(first), h2 = hue(second);
  const bool is_gray = c1 * c2 == 0;
  const double turn = is_gray ? 0 : std::remainder(h2 - h1, 360);
  const double h = is_gray ? h1 + h2 : (h1 + h2 + (std::abs(h1 - h2) > 180 ? 360 : 0)) / 2;
  const double l = (first[0] + second[0]) / 2, c = (c1 + c2) / 2;
  const double t = 1 - 0.17 * std::cos((h - 30) * kDegree) + 0.24 * std::cos(2 * h * kDegree) +
                   0.32 * std::cos((3 * h + 6) * kDegree) - 0.20 * std::cos((4 * h - 63) * kDegree);
  const double off = (l - 50) * (l - 50);
  const double lightness = (second[0] - first[0]) / (1 + 0.015 * off / std::sqrt(20 + off));
  const double chroma = (c2 - c1) / (1 + 0.045 * c);
  const double tone = 2 * std::sqrt(c1 * c2) * std::sin(turn / 2 * kDegree) / (1 + 0.015 * c * t);
  const double turned = 30 * std::exp(-std::pow((std::fmod(h, 360) - 275) / 25, 2));
  const double blue = -2 * std::sqrt(std::pow(c, 7) / (std::pow(c, 7) + std::pow(25.0, 7)));
  return std::sqrt(lightness * lightness + chroma * chroma + tone * tone +
                   blue * std::sin(2 * turned * kDegree) * chroma * tone);
}

// As an overlay lays it over gray.
PaletteColor half_over(const PaletteColor& color, uint8_t gray) {
  PaletteColor mixed = {};
  for (size_t i = 0; i < 3; ++i) mixed[i] = static_cast<uint8_t>((color[i] + gray + 1) / 2);
  return mixed;
}

double smallest_distance(const std::vector<PaletteColor>& colors, size_t count, const Matrix& sight) {
  double smallest = 1e9;
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < i; ++j) {
      smallest = std::min(smallest, ciede2000(lab(colors[i], sight), lab(colors[j], sight)));
    }
  }
  return smallest;
}

TEST(Palette, TheDistanceIsThePublishedOne) {
  // pairs 1, 4, 7 and 17 of the authors' test data
  EXPECT_NEAR(ciede2000({50, 2.6772, -79.7751}, {50, 0, -82.7485}), 2.0425, 1e-4);
  EXPECT_NEAR(ciede2000({50, -1.3802, -84.2814}, {50, 0, -82.7485}), 1.0000, 1e-4);
  EXPECT_NEAR(ciede2000({50, 0, 0}, {50, -1, 2}), 2.3669, 1e-4);
  EXPECT_NEAR(ciede2000({50, 2.5, 0}, {73, 25, -18}), 27.1492, 1e-4);
}

TEST(Palette, ItsFirstColoursAreToldApartByEveryone) {
  const auto colors = default_palette();
  for (const auto& [count, full, partial] : {std::tuple{4, 30, 25}, {8, 20, 14}, {12, 18, 12}, {20, 10, 7}}) {
    EXPECT_GE(smallest_distance(colors, static_cast<size_t>(count), kFull), full) << count;
    EXPECT_GE(smallest_distance(colors, static_cast<size_t>(count), kDeuteranopia), partial) << count;
    EXPECT_GE(smallest_distance(colors, static_cast<size_t>(count), kProtanopia), partial) << count;
  }
}

TEST(Palette, TheyAreToldApartAlsoLaidOverAPhotograph) {
  for (const uint8_t gray : {0, 128, 255}) {
    std::vector<PaletteColor> mixed;
    for (const auto& color : default_palette()) mixed.push_back(half_over(color, gray));
    EXPECT_GE(smallest_distance(mixed, 8, kFull), 7) << "over " << int{gray};
    EXPECT_GE(smallest_distance(mixed, 8, kDeuteranopia), 5) << "over " << int{gray};
    EXPECT_GE(smallest_distance(mixed, 8, kProtanopia), 5) << "over " << int{gray};
  }
}

// A class in black, gray or white would be taken for a shadow, or for nothing at all.
TEST(Palette, EachTintsAPhotograph) {
  const auto colors = default_palette();
  ASSERT_EQ(colors.size(), 256u);
  for (size_t i = 0; i < colors.size(); ++i) {
    const Triple seen = lab(colors[i], kFull), over_gray = lab(half_over(colors[i], 128), kFull);
    EXPECT_GE(seen[0], 34) << i;
    EXPECT_GE(std::hypot(seen[1], seen[2]), 24) << i;
    EXPECT_GE(std::hypot(over_gray[1], over_gray[2]), 9) << i;
  }
  EXPECT_EQ(std::set<PaletteColor>(colors.begin(), colors.end()).size(), 256u);
}

}  // namespace
}  // namespace multipole
