#include "backbone/layers/init.h"

#include <torch/utils.h>

#include <cmath>
#include <numbers>

namespace multipole {

torch::Tensor trunc_normal_(torch::Tensor weight, double std) {
  torch::NoGradGuard no_grad;
  // the inverse of the normal's distribution function, on the part of it that lies within two deviations
  const double bound = std::erf(2 / std::numbers::sqrt2);
  return weight.uniform_(-bound, bound).erfinv_().mul_(std::numbers::sqrt2 * std);
}

}  // namespace multipole
