// What another attention changes on one picture.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/runtime/execution.h"
#include "heads/model/model.h"

namespace multipole {

// Squared Euclidean norms of the output of one block's attention, and of its difference from the reference's.
struct BlockDifference {
  std::string name;  // of the attention module, relative to the backbone
  double difference = 0, reference = 0;
};

struct PictureDifference {
  int64_t tokens = 0;  // of the grid
  std::vector<BlockDifference> blocks;
  double embedding_cosine = 0;
  torch::Tensor patch_cosine;  // (h, w) float32, of the last map's tokens, on the CPU
  // What the models answer, classes (B) or (H, W) int64 on the CPU; undefined for models without classes.
  torch::Tensor reference_classes, classes;
};

// `images`: one picture (1, 3, H, W), as the models take it. Both models are in evaluation mode on the execution's
// device and differ in their attention alone. Each block's attention is given what the reference's is given there, so
// that errors of earlier blocks do not count in those of later ones; all else is what the whole models give. NaN where
// a model's numbers are not finite.
PictureDifference picture_difference(VisionModel& reference, VisionModel& swapped, const torch::Tensor& images,
                                     const Execution& execution);

// What one pass over a picture costs.
struct PassCost {
  double seconds = 0;
  int64_t bytes = 0;  // that tensors held at once (engine/runtime/tensor_memory.h)
};
PassCost pass_cost(VisionModel& model, const torch::Tensor& images, const Execution& execution);

}  // namespace multipole
