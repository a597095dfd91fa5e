// Weights that another program named, under the names that a model here has.
#pragma once

#include <torch/types.h>

#include <map>
#include <string>

#include "base/json.h"

namespace multipole {

// `key_map` is an object of patterns: {"encoder.layer*.fc.weight": "backbone.stages.*.fc1.weight", "teacher.*": null}.
// A "*" stands for any text and is put in the place of the same "*" of the new name; null leaves the weight out; the
// first pattern that fits counts; a name that none fits stays. Throws ConfigError, naming `source`, for another shape
// of key_map, a new name with more "*" than its pattern, and two weights that would get one name.
std::map<std::string, torch::Tensor> rename_weights(const std::map<std::string, torch::Tensor>& weights,
                                                    const Json& key_map, const std::string& source);

}  // namespace multipole
