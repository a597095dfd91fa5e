// How a model learns to use a coarse view of the whole: the crops of a batch stand for whole pictures, and a random
// window of them for a tile.
#pragma once

#include <torch/types.h>

#include "heads/model/context.h"
#include "heads/model/model.h"

namespace multipole {

struct TrainTile {
  torch::Tensor images;  // (B, 3, h, w), the same window of every picture
  torch::Tensor masks;   // (B, h, w)
  TileOrigin origin;     // multiples of the model's coarsest stride
  CoarseView view;       // of the whole pictures, gradients and all
};

// The window's sides are a half, a third or a quarter of the pictures', which are shrunk by the same factor: each of
// the two costs no more than a quarter of the pictures themselves. Draws from torch's own generator, which training
// saves.
TrainTile random_train_tile(VisionModel& model, const torch::Tensor& images, const torch::Tensor& masks);

}  // namespace multipole
