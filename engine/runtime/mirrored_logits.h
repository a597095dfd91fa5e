// Classifiers that are asked twice: for a picture and for its mirror image.
#pragma once

#include <torch/types.h>

#include "heads/model/model.h"

namespace multipole {

enum class Mirror { kNever, kAverage };

// (B, C, H, W) -> logits (B, classes) by the model; with kAverage, their mean over the pictures and the pictures
// mirrored left and right, at least in float32.
torch::Tensor mirrored_logits(VisionModel& model, const torch::Tensor& images, Mirror mirror);

}  // namespace multipole
