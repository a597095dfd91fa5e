// The weights of a segmentation's classes by the config's word for them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace multipole {

// `choice`: "none" gives an undefined tensor; "auto" balanced_pixel_weights() of `class_pixels`; anything else is a
// JSON file {"class": weight, ...} that names every class, or [weight, ...] in their order. (num_classes) float. Throws
// ConfigError where the file does not fit, or where "auto" has no pixel counts because the census is off.
torch::Tensor class_weights_for(const std::string& choice, const std::vector<std::string>& class_names,
                                const std::vector<int64_t>& class_pixels);

}  // namespace multipole
