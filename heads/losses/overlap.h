// Losses of the overlap between predicted and true regions, which do not depend on how large the regions are.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace multipole {

// Both: probabilities (B, C, H, W) that sum to 1 over C; targets (B, H, W) int64, `ignored` left out; the mean over the
// classes that have a pixel in the batch, a scalar, 0 where there is none.

// 1 - 2 sum(p t) / (sum(p) + sum(t)) for each class over the batch (Milletari et al., arXiv 1606.04797, with sums of
// p in place of squares).
torch::Tensor dice_loss(const torch::Tensor& probabilities, const torch::Tensor& targets, int64_t ignored);

// The Lovasz extension of the Jaccard loss of each class over the batch (Berman et al., arXiv 1705.08790, equation 9
// and algorithm 1).
torch::Tensor lovasz_softmax_loss(const torch::Tensor& probabilities, const torch::Tensor& targets, int64_t ignored);

}  // namespace multipole
