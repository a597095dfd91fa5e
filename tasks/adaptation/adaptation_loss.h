// How far a model with another attention is from the reference, as losses.
#pragma once

#include <torch/types.h>

#include "heads/model/model.h"

namespace multipole {

// What the reference gives, without a graph, and the blocks' error.
struct ReferencePass {
  BackboneOutput features;
  torch::Tensor block_error;
};

// images (B, 3, H, W) on the models' device. Each block's attention that has anything to learn is given what the
// reference's is given there, so that it sees no error but its own; block_error is the mean over those blocks of
//   ||output - reference||^2 / ||reference||^2,
// a scalar, float32, whose graph is that of the attention modules alone; 0 where there are none. Not while several
// threads run the reference.
ReferencePass reference_pass(VisionModel& reference, VisionModel& swapped, const torch::Tensor& images);

// The mean of 1 - cosine of the last map's tokens and of 1 - cosine of the embeddings: a scalar, float32.
torch::Tensor feature_distance(const BackboneOutput& found, const BackboneOutput& expected);

}  // namespace multipole
