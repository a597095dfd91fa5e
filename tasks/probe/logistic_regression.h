// Logistic regression on features: multinomial where classes exclude each other, one question a class where they do
// not. All in float64. The optimum is unique up to a shift of all biases of the multinomial one.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace multipole {

enum class LogisticKind {
  kMultinomial,  // softmax; a row of targets is 1 at its class
  kIndependent,  // a sigmoid a class; a row of targets has any number of ones
};

struct LogisticProblem {
  torch::Tensor features;  // (N, D) float64
  torch::Tensor targets;   // (N, C) float64, 0 or 1
  LogisticKind kind = LogisticKind::kMultinomial;

  // Of some samples only; `indices` (M) int64.
  LogisticProblem select(const torch::Tensor& indices) const;
};

struct LinearWeights {
  torch::Tensor weight;  // (C, D)
  torch::Tensor bias;    // (C)

  static LinearWeights zeros(int64_t num_classes, int64_t dim);
  torch::Tensor logits(const torch::Tensor& features) const;  // (N, C)
};

struct LogisticFit {
  LinearWeights weights;
  int64_t iterations = 0;
  double largest_gradient = 0;  // in absolute value; 0 at the optimum
};

// Mean over the samples of -log softmax at the class, or of the sum over classes of their cross entropies: a scalar.
torch::Tensor logistic_loss(const LogisticProblem& problem, const LinearWeights& weights);

// Minimises logistic_loss() + strength / 2 * |weight|^2, the bias being free, by L-BFGS with a line search for the
// strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, algorithms 7.5 and 3.5) from `start` until no
// entry of the gradient is larger than `tolerance`. Deterministic.
LogisticFit fit_logistic(const LogisticProblem& problem, double strength, const LinearWeights& start,
                         int64_t max_iterations, double tolerance = 1e-8);

// Mean and deviation of each feature, so that one strength fits all of them; a constant feature has deviation 1.
struct Standardization {
  torch::Tensor mean, deviation;  // (D) float64

  static Standardization of(const torch::Tensor& features);  // (N, D)
  torch::Tensor apply(const torch::Tensor& features) const;

  // Weights for standardised features as weights for the features themselves.
  LinearWeights fold(const LinearWeights& weights) const;
};

}  // namespace multipole
