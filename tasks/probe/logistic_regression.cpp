#include "tasks/probe/logistic_regression.h"

#include <torch/nn/functional/loss.h>
#include <torch/optim/lbfgs.h>

namespace multipole {
namespace {

// Below this share of the mean a deviation is what rounding to float32 leaves of a constant.
constexpr double kRoundingShare = 1e-6;

}  // namespace

LogisticProblem LogisticProblem::select(const torch::Tensor& indices) const {
  return {features.index_select(0, indices), targets.index_select(0, indices), kind};
}

LinearWeights LinearWeights::zeros(int64_t num_classes, int64_t dim) {
  return {torch::zeros({num_classes, dim}, torch::kDouble), torch::zeros({num_classes}, torch::kDouble)};
}

torch::Tensor LinearWeights::logits(const torch::Tensor& features) const {
  return torch::addmm(bias, features, weight.t());
}

torch::Tensor logistic_loss(const LogisticProblem& problem, const LinearWeights& weights) {
  const auto logits = weights.logits(problem.features);
  if (problem.kind == LogisticKind::kMultinomial) {
    return -(torch::log_softmax(logits, 1) * problem.targets).sum(1).mean();
  }
  return torch::binary_cross_entropy_with_logits(logits, problem.targets, {}, {}, at::Reduction::None).sum(1).mean();
}

LogisticFit fit_logistic(const LogisticProblem& problem, double strength, const LinearWeights& start,
                         int64_t max_iterations, double tolerance) {
  const torch::AutoGradMode gradients(true);
  const LinearWeights weights = {start.weight.detach().clone().requires_grad_(),
                                 start.bias.detach().clone().requires_grad_()};
  // the change of a step says little about how far the optimum is: only the gradient ends the search
  torch::optim::LBFGS optimizer({weights.weight, weights.bias}, torch::optim::LBFGSOptions(1)
                                                                    .max_iter(max_iterations)
                                                                    .tolerance_grad(tolerance)
                                                                    .tolerance_change(0)
                                                                    .history_size(20)
                                                                    .line_search_fn("strong_wolfe"));
  const auto gradient = [&] {
    const torch::AutoGradMode within_step(true);
    optimizer.zero_grad();
    const auto objective = logistic_loss(problem, weights) + strength / 2 * weights.weight.square().sum();
    objective.backward();
    return objective;
  };
  optimizer.step(gradient);
  gradient();  // at the weights that were found; the last of a line search may lie elsewhere
  LogisticFit fit;
  fit.weights = {weights.weight.detach(), weights.bias.detach()};
  const auto& state = optimizer.state().at(weights.weight.unsafeGetTensorImpl());
  fit.iterations = static_cast<const torch::optim::LBFGSParamState&>(*state).n_iter();
  fit.largest_gradient =
      torch::maximum(weights.weight.grad().abs().max(), weights.bias.grad().abs().max()).item<double>();
  return fit;
}

Standardization Standardization::of(const torch::Tensor& features) {
  const auto exact = features.to(torch::kDouble);
  const auto mean = exact.mean(0);
  const auto deviation = exact.std(0, /*unbiased=*/false);
  return {mean, torch::where(deviation > kRoundingShare * mean.abs(), deviation, torch::ones_like(deviation))};
}

torch::Tensor Standardization::apply(const torch::Tensor& features) const {
  return (features.to(torch::kDouble) - mean) / deviation;
}

LinearWeights Standardization::fold(const LinearWeights& weights) const {
  const auto weight = weights.weight / deviation;
  return {weight, weights.bias - weight.mv(mean)};
}

}  // namespace multipole
