#include "base/sample_random.h"

#include <cmath>
#include <numbers>

namespace multipole {

double SampleRandom::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

// Marsaglia and Tsang, "A simple method for generating gamma variables", 2000. The logarithm is returned because the
// small shapes that mixup uses (0.2) underflow a plain gamma variable.
double SampleRandom::log_gamma_sample(double shape) {
  if (shape < 1.0) {
    const double boost = std::log(1.0 - uniform()) / shape;
    return log_gamma_sample(shape + 1.0) + boost;
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = normal();
    const double v = std::pow(1.0 + c * x, 3);
    if (v <= 0.0) continue;
    if (std::log(1.0 - uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return std::log(d * v);
  }
}

double SampleRandom::symmetric_beta(double alpha) {
  const double a = log_gamma_sample(alpha);
  const double b = log_gamma_sample(alpha);
  return 1.0 / (1.0 + std::exp(b - a));
}

}  // namespace multipole
