// Every class a question of its own: for pictures that show several classes, or none.
#pragma once

#include <torch/types.h>

namespace multipole {

// logits (B, C), computed in float32 or wider; targets (B, C) in [0, 1], 1 for each class that a picture shows. Returns
// the scalar mean over samples and classes of -w_c t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)), where the weights w
// (C) of the positives are ones where undefined.
torch::Tensor sigmoid_cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets,
                                    const torch::Tensor& class_weights = {});

}  // namespace multipole
