#include "tests/support/gradcheck.h"

#include <torch/autograd.h>
#include <torch/utils.h>

#include <cmath>
#include <sstream>

#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

// The scalar function that is differentiated.
class Objective {
 public:
  Objective(const GradcheckFunction& function, const std::vector<torch::Tensor>& inputs) : function_(function) {
    const torch::NoGradGuard no_grad;
    weights_ = torch::randn_like(function(inputs));
  }

  torch::Tensor operator()(const std::vector<torch::Tensor>& inputs) const {
    return (function_(inputs) * weights_).sum();
  }

  // d objective / d step along `direction` of one input.
  double numeric(std::vector<torch::Tensor> inputs, size_t input, const torch::Tensor& direction, double step) const {
    const torch::NoGradGuard no_grad;
    const torch::Tensor center = inputs[input];
    inputs[input] = center + step * direction;
    const double above = (*this)(inputs).item<double>();
    inputs[input] = center - step * direction;
    return (above - (*this)(inputs).item<double>()) / (2 * step);
  }

 private:
  const GradcheckFunction& function_;
  torch::Tensor weights_;
};

torch::Tensor single_entry(const torch::Tensor& like) {
  torch::Tensor direction = torch::zeros(like.sizes(), torch::kFloat64);
  direction.view(-1)[random_int(0, like.numel() - 1)] = 1;
  return direction;
}

}  // namespace

std::string gradcheck(const GradcheckFunction& function, const std::vector<torch::Tensor>& inputs,
                      const GradcheckOptions& options) {
  std::vector<torch::Tensor> leaves, values;
  for (const torch::Tensor& input : inputs) {
    TORCH_CHECK(input.scalar_type() == torch::kFloat64, "gradcheck needs float64 inputs");
    values.push_back(input.detach());
    leaves.push_back(input.detach().clone().requires_grad_());
  }
  const Objective objective(function, values);
  const auto grads = torch::autograd::grad({objective(leaves)}, leaves, {}, false, false, true);

  std::ostringstream failures;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!grads[i].defined()) {
      failures << "input " << i << " received no gradient\n";
      continue;
    }
    const bool finite = grads[i].isfinite().all().item<bool>();
    if (!finite || (options.require_nonzero && !grads[i].ne(0).any().item<bool>())) {
      failures << "the gradient of input " << i << (finite ? " is all zero\n" : " is not finite\n");
      continue;
    }
    for (int64_t j = 0; j < options.directions + options.entries; ++j) {
      const torch::Tensor direction =
          j < options.directions ? torch::randn(inputs[i].sizes(), torch::kFloat64) / std::sqrt(inputs[i].numel())
                                 : single_entry(inputs[i]);
      const double analytic = (grads[i] * direction).sum().item<double>();
      double numeric = 0;
      const auto agree = [&](double step) {
        numeric = objective.numeric(values, i, direction, step);
        return std::abs(analytic - numeric) <= options.tolerance * (1 + std::abs(numeric));
      };
      // a step across the bend of a ReLU, or to another choice of tokens, says nothing; a shorter one may not cross it
      if (!agree(options.step) && !agree(options.step / 10) && !agree(options.step / 100)) {
        failures << "input " << i << (j < options.directions ? ", random direction" : ", single entry") << ": analytic "
                 << analytic << ", numeric " << numeric << "\n";
      }
    }
  }
  return failures.str();
}

}  // namespace multipole::test
