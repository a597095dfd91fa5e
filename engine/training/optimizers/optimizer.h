// The one interface of every optimiser, and the registry that makes one from a config.
#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backbone/config/json.h"
#include "engine/training/optimizer_groups.h"

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

// The values that "type" may take.
std::vector<std::string> optimizer_types();

// `config` with the optimiser's defaults filled in: {"type": "adamw", "lr": 0.001, ...}.
// Throws ConfigError for an unknown type or key and a value out of range; `where` is the config path for its message.
Json resolve_optimizer_config(const Json& config, const std::string& where);

// Throws ConfigError as resolve_optimizer_config does.
std::unique_ptr<Optimizer> make_optimizer(const Json& config, const std::vector<ParameterGroup>& groups,
                                          const std::string& where);

}  // namespace multipole
