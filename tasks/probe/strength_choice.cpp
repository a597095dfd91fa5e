#include "tasks/probe/strength_choice.h"

#include <ATen/Parallel.h>

namespace multipole {
namespace {

// The choice needs no more digits than tell strengths apart.
constexpr double kPathTolerance = 1e-4;

torch::Tensor right_answers(const LogisticProblem& problem, const torch::Tensor& logits) {
  if (problem.kind == LogisticKind::kMultinomial) {
    return (logits.argmax(1) == problem.targets.argmax(1)).to(torch::kDouble).sum();
  }
  return ((logits > 0) == (problem.targets > 0.5)).to(torch::kDouble).mean(1).sum();
}

struct Fold {
  LogisticProblem seen, held_out;
  LinearWeights weights;
};

// Fits each fold at one more strength, from where the last one ended; folds side by side, each in one thread.
StrengthScore score(std::vector<Fold>& folds, double strength, const ProbeFitConfig& config, double samples) {
  std::vector<StrengthScore> parts(folds.size());
  at::parallel_for(0, static_cast<int64_t>(folds.size()), 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      Fold& fold = folds[static_cast<size_t>(i)];
      StrengthScore& part = parts[static_cast<size_t>(i)];
      fold.weights = fit_logistic(fold.seen, strength, fold.weights, config.max_iterations, kPathTolerance).weights;
      const auto count = static_cast<double>(fold.held_out.targets.size(0));
      part.loss = logistic_loss(fold.held_out, fold.weights).item<double>() * count;
      part.accuracy = right_answers(fold.held_out, fold.weights.logits(fold.held_out.features)).item<double>();
    }
  });
  StrengthScore score = {.strength = strength};
  for (const auto& part : parts) {
    score.loss += part.loss / samples;
    score.accuracy += part.accuracy / samples;
  }
  return score;
}

}  // namespace

StrengthChoice choose_strength(const LogisticProblem& problem, const std::vector<HeldOutSplit>& splits,
                               const ProbeFitConfig& config, const std::atomic<bool>* stop) {
  StrengthChoice choice;
  std::vector<Fold> folds;
  double samples = 0;
  for (const auto& split : splits) {
    folds.push_back({problem.select(split.seen), problem.select(split.held_out),
                     LinearWeights::zeros(problem.targets.size(1), problem.features.size(1))});
    samples += static_cast<double>(split.held_out.size(0));
  }
  size_t best = 0;
  for (const double strength : config.strengths) {
    if (stop != nullptr && stop->load()) {
      choice.complete = false;
      return choice;
    }
    const StrengthScore next = score(folds, strength, config, samples);
    choice.scores.push_back(next);
    if (next.loss < choice.scores[best].loss) best = choice.scores.size() - 1;
    if (choice.scores.size() - 1 - best >= static_cast<size_t>(config.patience)) break;
  }
  choice.strength = choice.scores[best].strength;
  return choice;
}

}  // namespace multipole
