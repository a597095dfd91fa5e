// Cross entropy for hard labels and for the mixed targets of mixup and CutMix.
#pragma once

#include <torch/types.h>

namespace multipole {

// logits (B, C) or (B, C, H, W) of any floating dtype, computed in float32 or wider. targets: int64 class indices (B)
// or (B, H, W), where entries equal to ignore_index count for nothing; or floating class shares (B, C) that sum to 1.
// label_smoothing e in [0, 1] replaces a target t by (1 - e) t + e / C (Szegedy et al., arXiv 1512.00567, section 7).
// Returns the mean over all counted entries as a scalar; 0 where nothing counts.
torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets, double label_smoothing = 0.0,
                            int64_t ignore_index = -100);

}  // namespace multipole
