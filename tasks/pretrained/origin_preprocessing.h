// From an origin's words for how pictures are prepared to Preprocessing.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/preprocessing.h"

namespace multipole {

// The following throw ModelFileError that begins with `source` for what Preprocessing cannot say.

// timm's config.json: pretrained_cfg, or the same keys at its top.
Preprocessing timm_preprocessing(const Json& config, int64_t image_size, const std::string& source);

// transformers' preprocessor_config.json; null gives ImageNet's mean and deviation at the model's size.
Preprocessing transformers_preprocessing(const Json& preprocessor, int64_t image_size, const std::string& source);

// timm's label_names, transformers' id2label: the names of `count` classes; their numbers where there are none.
std::vector<std::string> timm_classes(const Json& config, int64_t count, const std::string& source);
std::vector<std::string> transformers_classes(const Json& config, int64_t count, const std::string& source);

}  // namespace multipole
