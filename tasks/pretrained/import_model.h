// Reads a model that timm or transformers published and makes a model file's content of it.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/files/model_file.h"

namespace multipole {

struct ImportedModel {
  ModelMetadata metadata;
  std::map<std::string, torch::Tensor> weights;  // of the whole model, float32
  std::string architecture;                      // as its publisher calls it
  std::string origin;                            // "timm" or "transformers"
};

// `source` as read_published_model() takes it. Throws ModelFileError for an architecture that is not known (with the
// nearest one that is) and for weights that are not those of the config (with a table of what differs).
ImportedModel import_model(const std::filesystem::path& source);

// The model types of transformers that are known, as their config.json has them.
std::vector<std::string> transformers_types();

}  // namespace multipole
