// Which parameters learn in which epoch, and how fast each layer does.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "backbone/families/trained_model.h"
#include "engine/optimizers/fine_tune_config.h"

namespace multipole {

class Freezing {
 public:
  // Stops the gradients of the frozen groups at once, so that an optimiser made afterwards leaves them out. Throws
  // ConfigError where freeze_groups leaves nothing to train.
  Freezing(const FineTuneConfig& config, const TrainedModelImpl& model);

  // Sets which of the other parameters take gradients in `epoch` (from 0): the head alone in the first head_epochs.
  void apply(int64_t epoch);

 private:
  FineTuneConfig config_;
  std::vector<torch::Tensor> body_;  // of all groups but the last, not frozen
};

// Share of the learning rate by parameter: layer_decay to the power of the number of groups between it and the head
// (layer-wise learning-rate decay: Clark et al., arXiv 2003.10555; Bao et al., arXiv 2106.08254).
std::map<std::string, double> layer_learning_rates(const TrainedModelImpl& model, double layer_decay);

}  // namespace multipole
