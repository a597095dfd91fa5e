// What lies in a folder that timm or transformers published: JSON and safetensors. Nothing is unpickled or executed.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"

namespace multipole {

struct PublishedModel {
  std::string source;                            // as the user named it, for messages
  Json config;                                   // config.json
  Json preprocessor;                             // preprocessor_config.json; null where there is none
  std::map<std::string, torch::Tensor> weights;  // all shards
};

// `source`: the folder, or its weights file with the JSON beside it. Throws ModelFileError: no folder or config, JSON
// that does not parse, no safetensors (a pickle is named, with what to do), a shard of the index that is missing, or
// two that hold one name.
PublishedModel read_published_model(const std::filesystem::path& source);

// The size of an axis of a weight. Throws ModelFileError where there is no such weight or axis.
int64_t size_of(const PublishedModel& model, const std::string& name, int64_t axis);

}  // namespace multipole
