// Optimisers by name: a pair of files each and one line in the list of registry.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/factory.h"
#include "base/registry.h"
#include "engine/optimizers/optimizer.h"

namespace multipole {

using OptimizerEntry = Factory<Optimizer, std::vector<ParameterGroup>>;

Registry<OptimizerEntry>& optimizer_registry();

// The values that "type" may take.
std::vector<std::string> optimizer_types();

// `config` with the optimiser's defaults filled in: {"type": "adamw", "lr": 0.001, ...}.
// Throws ConfigError for an unknown type or key and a value out of range; `where` is the config path for its message.
Json resolve_optimizer_config(const Json& config, const std::string& where);

// Throws ConfigError as resolve_optimizer_config does.
std::unique_ptr<Optimizer> make_optimizer(const Json& config, const std::vector<ParameterGroup>& groups,
                                          const std::string& where);

}  // namespace multipole
