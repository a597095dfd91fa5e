// What a model's backbone says of pictures, without its head: the lowest layer of embeddings and of probes.
#pragma once

#include <torch/types.h>

#include "engine/runtime/execution.h"
#include "heads/model/model.h"
#include "tasks/inference/feature_kind.h"

namespace multipole {

// Pictures (B, 3, H, W) float32, preprocessed, B from 1 up -> vectors (B, embedding_dim) or maps (B, C, h, w), float32
// and contiguous on the CPU, without gradients. The model is on the execution's device and in evaluation mode; nothing
// in it changes, so that several threads may share one. On a CPU the pictures of a batch are computed side by side,
// each share of them by one of the calling thread's threads (engine/runtime/thread_count.h says how many those are).
torch::Tensor backbone_features(VisionModelImpl& model, const torch::Tensor& images, FeatureKind kind,
                                const Execution& execution);

}  // namespace multipole
