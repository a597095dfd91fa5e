#include "heads/losses/overlap.h"

#include <tuple>
#include <vector>

namespace multipole {

namespace {

// The labelled pixels alone: probabilities (N, C) and targets (N).
std::pair<torch::Tensor, torch::Tensor> labelled_pixels(const torch::Tensor& probabilities,
                                                        const torch::Tensor& targets, int64_t ignored) {
  const auto places = targets.flatten().ne(ignored).nonzero().squeeze(1);
  const auto rows = probabilities.permute({0, 2, 3, 1}).reshape({-1, probabilities.size(1)});
  return {rows.index_select(0, places), targets.flatten().index_select(0, places)};
}

torch::Tensor mean_or_zero(const std::vector<torch::Tensor>& losses, const torch::Tensor& probabilities) {
  if (losses.empty()) return probabilities.sum() * 0;
  return torch::stack(losses).mean();
}

// The gradient of the Jaccard loss along the errors from the largest to the smallest: algorithm 1 of the paper.
// truth (N): 1 for pixels of the class, in that order.
torch::Tensor jaccard_gradient(const torch::Tensor& truth) {
  const auto size = truth.sum();
  const auto intersection = size - truth.cumsum(0);
  const auto united = size + (1 - truth).cumsum(0);
  const auto jaccard = 1 - intersection / united;
  return torch::cat({jaccard.narrow(0, 0, 1), jaccard.diff()});
}

}  // namespace

torch::Tensor dice_loss(const torch::Tensor& probabilities, const torch::Tensor& targets, int64_t ignored) {
  const auto [rows, classes] = labelled_pixels(probabilities, targets, ignored);
  const auto labelled = torch::bincount(classes, {}, rows.size(1)).to(rows.scalar_type());
  const auto own = rows.gather(1, classes.unsqueeze(1)).squeeze(1);
  const auto overlap = torch::zeros_like(labelled).index_add(0, classes, own);
  const auto present = labelled.gt(0);
  const auto losses = 1 - 2 * overlap / (rows.sum(0) + labelled).clamp_min(1e-12);
  return (losses * present).sum() / present.sum().clamp_min(1);
}

torch::Tensor lovasz_softmax_loss(const torch::Tensor& probabilities, const torch::Tensor& targets, int64_t ignored) {
  const auto [rows, classes] = labelled_pixels(probabilities, targets, ignored);
  std::vector<torch::Tensor> losses;
  for (int64_t label = 0; label < rows.size(1); ++label) {
    const auto truth = classes.eq(label).to(rows.scalar_type());
    if (truth.sum().item<double>() == 0) continue;
    const auto errors = (truth - rows.select(1, label)).abs();
    const auto [sorted, order] = errors.sort(0, /*descending=*/true);
    losses.push_back(torch::dot(sorted, jaccard_gradient(truth.index_select(0, order))));
  }
  return mean_or_zero(losses, probabilities);
}

}  // namespace multipole
