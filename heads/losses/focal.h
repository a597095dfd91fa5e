// Cross entropy that looks away from what is already known: Lin et al., arXiv 1708.02002, equation 4.
#pragma once

#include <torch/types.h>

namespace multipole {

// logits (B, C), computed in float32 or wider; targets (B, C), class shares that sum to 1. With p = softmax(logits) and
// class weights w (C), or ones where undefined, returns the scalar
//   sum over samples and classes of -w_c t_c (1 - p_c)^gamma log p_c, over the sum of w_c t_c.
// gamma 0 is weighted cross entropy.
torch::Tensor focal_loss(const torch::Tensor& logits, const torch::Tensor& targets, double gamma,
                         const torch::Tensor& class_weights = {});

}  // namespace multipole
