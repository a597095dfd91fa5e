#include "datasets/pictures/axis_weights.h"

#include <algorithm>
#include <cmath>

namespace multipole {
namespace {

double bilinear(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

// Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -0.5.
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  return 0.0;
}

}  // namespace

AxisWeights axis_weights(int64_t in, int64_t out, int64_t first, int64_t count, Interpolation interpolation) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double filter_scale = std::max(scale, 1.0);
  const double support = (interpolation == Interpolation::kBicubic ? 2.0 : 1.0) * filter_scale;
  AxisWeights axis;
  axis.taps = std::min(in, static_cast<int64_t>(std::ceil(support)) * 2 + 1);
  axis.weight.resize(count * axis.taps);
  std::vector<double> exact(axis.taps);
  for (int64_t i = 0; i < count; ++i) {
    const double center = (static_cast<double>(first + i) + 0.5) * scale;
    const int64_t begin = std::max<int64_t>(0, static_cast<int64_t>(center - support + 0.5));
    const int64_t end = std::min(in, static_cast<int64_t>(center + support + 0.5));
    double sum = 0.0;
    for (int64_t x = begin; x < end; ++x) {
      const double distance = (static_cast<double>(x) - center + 0.5) * (1.0 / filter_scale);
      exact[x - begin] = interpolation == Interpolation::kBicubic ? bicubic(distance) : bilinear(distance);
      sum += exact[x - begin];
    }
    for (int64_t k = 0; k < end - begin; ++k) {
      const double weight = (sum != 0.0 ? exact[k] / sum : exact[k]) * (1 << kWeightBits);
      axis.weight[i * axis.taps + k] = static_cast<int32_t>(weight < 0.0 ? weight - 0.5 : weight + 0.5);
    }
    axis.begin.push_back(begin);
    axis.number.push_back(end - begin);
  }
  return axis;
}

}  // namespace multipole
