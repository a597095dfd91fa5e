// What a classifier answers to every sample of a split: the raw material of its report.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "datasets/loading/loader.h"
#include "engine/runtime/execution.h"
#include "heads/model/model.h"

namespace multipole {

struct ClassifierOutputs {
  torch::Tensor logits;            // (N, C) float, on the CPU
  torch::Tensor labels;            // (N) int64
  std::vector<std::string> paths;  // N
  std::vector<int64_t> indices;    // N, into the loader's data set
  int64_t bad_samples = 0;         // unreadable, left out
  bool complete = true;            // false where `stop` cut it short
};

// One pass of the loader's epoch 0 through the model, which must be on the execution's device and in evaluation mode.
ClassifierOutputs collect_outputs(VisionModel& model, Loader& loader, const Execution& execution,
                                  const std::atomic<bool>* stop = nullptr);

}  // namespace multipole
