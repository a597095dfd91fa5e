// How far a mechanism's output is from full attention's on the same projections: the approximation itself, through the
// softmax and the values, before any retraining hides it.
#pragma once

#include <torch/types.h>

#include <vector>

#include "base/json.h"
#include "heads/model/model.h"

namespace multipole {

// One number a stage, for its first block: ||mechanism - full|| / ||full|| over all tokens of `images`
// (B, 3, H, W), where the inputs and the query, key and value projections are those of `full`, a trained model with
// full attention, biases are zero, bases are means and the output projection is the identity. `attentions` configures
// the mechanism of each stage. Empty where one of them has other layers, whose weights nothing here could tell.
std::vector<double> attention_error(VisionModel& full, const std::vector<Json>& attentions,
                                    const torch::Tensor& images);

}  // namespace multipole
