#include "tasks/classification/probe/probe_folds.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>

namespace multipole {
namespace {

int64_t possible_folds(const LogisticProblem& problem, int64_t wanted) {
  const auto counts = problem.targets.sum(0);
  const auto present = counts.masked_select(counts > 0);
  const int64_t smallest = present.numel() == 0 ? 0 : present.min().item<int64_t>();
  return std::clamp<int64_t>(std::min(wanted, smallest), 2, std::max<int64_t>(2, problem.targets.size(0)));
}

}  // namespace

torch::Tensor deal_folds(const LogisticProblem& problem, int64_t folds, uint64_t seed) {
  const int64_t count = problem.targets.size(0);
  auto generator = at::detail::createCPUGenerator(seed);
  auto order = torch::randperm(count, generator, torch::kLong);
  if (problem.kind == LogisticKind::kMultinomial) {
    const auto classes = problem.targets.argmax(1).index_select(0, order);
    order = order.index_select(0, torch::argsort(classes, /*stable=*/true, /*dim=*/0, /*descending=*/false));
  }
  return torch::empty({count}, torch::kLong).index_copy_(0, order, torch::arange(count) % folds);
}

std::vector<HeldOutSplit> cross_validation(const LogisticProblem& problem, int64_t folds, uint64_t seed) {
  const int64_t count = possible_folds(problem, folds);
  const auto fold_of = deal_folds(problem, count, seed);
  std::vector<HeldOutSplit> splits;
  for (int64_t i = 0; i < count; ++i) {
    splits.push_back({(fold_of != i).nonzero().flatten(), (fold_of == i).nonzero().flatten()});
  }
  return splits;
}

}  // namespace multipole
