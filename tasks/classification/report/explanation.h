// Where a model looked: for each picture a map of what spoke for a class.
#pragma once

#include <torch/types.h>

#include "datasets/pictures/preprocessing.h"
#include "heads/model/model.h"

namespace multipole {

// HiResCAM (Draelos and Carin, arXiv 2011.08891) on the map of every stage: the gradient of the class's logit above the
// mean logit, times the features, summed over the channels, where it is positive; each stage's map is scaled to a
// maximum of 1, resized to the picture, and their mean is scaled again. images (B, 3, H, W) as the model takes them,
// classes (B) int64, both on the model's device. Returns (B, H, W) in [0, 1] on the CPU; all zero where nothing speaks
// for the class.
torch::Tensor explanation_maps(VisionModel& model, const torch::Tensor& images, const torch::Tensor& classes);

// The picture as the model saw it, (3, H, W) normalised, enlarged to at least `side` pixels and tinted by its map (H,
// W) from dark (does not matter) to yellow (matters most): (H', W', 3) uint8.
torch::Tensor explanation_picture(const torch::Tensor& image, const torch::Tensor& map,
                                  const Preprocessing& preprocessing, int64_t side = 256);

}  // namespace multipole
