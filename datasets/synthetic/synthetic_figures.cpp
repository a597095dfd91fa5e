#include "datasets/synthetic/synthetic_figures.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace multipole {

namespace {

constexpr double kNoise = 12.0;  // standard deviation of the pixels' noise

uint8_t to_byte(double value) { return static_cast<uint8_t>(std::clamp(std::lround(value), 0L, 255L)); }

// The point (u, v) in the figure's frame, where its circle has radius 1.
bool inside(int64_t shape, double u, double v) {
  const double distance = std::hypot(u, v);
  switch (shape) {
    case 0:  // circle
      return distance <= 0.85;
    case 1:  // square
      return std::max(std::abs(u), std::abs(v)) <= 0.7;
    case 2:  // triangle, a vertex at (0, -1)
      return v <= 0.5 && std::numbers::sqrt3 * std::abs(u) <= v + 1.0;
    case 3:  // cross
      return std::min(std::abs(u), std::abs(v)) <= 0.27 && std::max(std::abs(u), std::abs(v)) <= 0.95;
    case 4:  // ring
      return distance <= 0.95 && distance >= 0.5;
    default:  // star of five points
      return distance <= 0.62 + 0.38 * std::cos(5.0 * std::atan2(v, u));
  }
}

// Whether the texture shows the figure's colour here rather than the dark second tone.
bool is_bright(int64_t texture, double u, double v) {
  constexpr double kPeriod = 0.5;
  const auto phase = [](double x) { return x / kPeriod - std::floor(x / kPeriod); };
  switch (texture) {
    case 0:  // solid
      return true;
    case 1:  // striped
      return phase(v) < 0.5;
    case 2:  // checked
      return (phase(u) < 0.5) == (phase(v) < 0.5);
    default:  // dotted
      return std::hypot(phase(u) - 0.5, phase(v) - 0.5) > 0.3;
  }
}

constexpr std::array<Color, 6> kColors = {Color{220, 50, 45}, {50, 170, 60},  {50, 90, 220},
                                          {235, 200, 40},     {165, 60, 190}, {40, 190, 200}};
constexpr double kDarkTone = 0.3;

}  // namespace

const std::vector<std::string>& figure_shapes() {
  static const std::vector<std::string> names = {"circle", "square", "triangle", "cross", "ring", "star"};
  return names;
}

const std::vector<std::string>& figure_textures() {
  static const std::vector<std::string> names = {"solid", "striped", "checked", "dotted"};
  return names;
}

const std::vector<std::string>& figure_colors() {
  static const std::vector<std::string> names = {"red", "green", "blue", "yellow", "purple", "cyan"};
  return names;
}

torch::Tensor draw_ground(int64_t size, SampleRandom& random) {
  torch::Tensor image = torch::empty({size, size, 3}, torch::kUInt8);
  auto* write = image.data_ptr<uint8_t>();
  const double level = random.uniform(90.0, 170.0), slope_x = random.uniform(-40.0, 40.0);
  const double slope_y = random.uniform(-40.0, 40.0);
  for (int64_t y = 0; y < size; ++y) {
    for (int64_t x = 0; x < size; ++x) {
      const double across = static_cast<double>(x) / static_cast<double>(size) - 0.5;
      const double down = static_cast<double>(y) / static_cast<double>(size) - 0.5;
      const double gray = level + slope_x * across + slope_y * down + kNoise * random.normal();
      for (int c = 0; c < 3; ++c) *write++ = to_byte(gray);
    }
  }
  return image;
}

void draw_figure(torch::Tensor& image, torch::Tensor& mask, const Figure& figure, uint8_t id, SampleRandom& random) {
  const int64_t height = image.size(0), width = image.size(1);
  auto* const pixels = image.data_ptr<uint8_t>();
  auto* const ids = mask.defined() ? mask.data_ptr<uint8_t>() : nullptr;
  const double cosine = std::cos(figure.angle), sine = std::sin(figure.angle);
  const auto first = [](double center, double radius) {
    return std::max<int64_t>(0, static_cast<int64_t>(std::floor(center - radius)));
  };
  const auto last = [](double center, double radius, int64_t extent) {
    return std::min(extent - 1, static_cast<int64_t>(std::ceil(center + radius)));
  };
  for (int64_t y = first(figure.center_y, figure.radius); y <= last(figure.center_y, figure.radius, height); ++y) {
    for (int64_t x = first(figure.center_x, figure.radius); x <= last(figure.center_x, figure.radius, width); ++x) {
      const double dx = (static_cast<double>(x) + 0.5 - figure.center_x) / figure.radius;
      const double dy = (static_cast<double>(y) + 0.5 - figure.center_y) / figure.radius;
      const double u = cosine * dx + sine * dy, v = cosine * dy - sine * dx;
      if (!inside(figure.shape, u, v)) continue;
      const double tone = is_bright(figure.texture, u, v) ? 1.0 : kDarkTone;
      const double noise = kNoise * random.normal();
      for (int c = 0; c < 3; ++c) pixels[(y * width + x) * 3 + c] = to_byte(tone * kColors[figure.color][c] + noise);
      if (ids != nullptr) ids[y * width + x] = id;
    }
  }
}

}  // namespace multipole
