// What training costs by the algorithm, whatever the machine: the FLOPs of its passes.
#pragma once

#include <torch/types.h>

#include <functional>
#include <optional>
#include <vector>

#include "backbone/families/trained_model.h"
#include "datasets/dataset.h"

namespace multipole {

// FLOPs of one forward pass over inputs of these sizes (backbone/attention/attention_cost.h).
using PassFlops = std::function<double(const TrainedModel& model, at::IntArrayRef input_sizes)>;

// Of a step over the window: a backward pass counts as two forward ones, whatever is frozen, and gradient checkpointing
// computes one more. Nothing where `pass_flops` is empty.
std::optional<double> step_flops(const PassFlops& pass_flops, const TrainedModel& model,
                                 const std::vector<Batch>& window, bool gradient_checkpointing);

}  // namespace multipole
