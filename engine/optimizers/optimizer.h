// The one interface of every optimiser; registry.h makes one from a config.
#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/optimizers/optimizer_groups.h"

namespace multipole {

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // One update from the parameters' gradients at lr_factor times the configured learning rate. A parameter without a
  // gradient is left alone.
  virtual void step(double lr_factor) = 0;

  // The configured learning rate, which the schedule scales.
  virtual double learning_rate() const = 0;

  // All tensors that step() changes besides the parameters, by name. They alias the optimiser's own: saving reads
  // them, restoring copies into them.
  virtual std::vector<std::pair<std::string, torch::Tensor>> state() const = 0;
};

}  // namespace multipole
