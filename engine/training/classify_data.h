// The two splits of a classification data folder as loaders.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backbone/config/json.h"
#include "datasets/loader.h"
#include "engine/training/classify_config.h"

namespace multipole {

struct ClassifyData {
  std::vector<std::string> class_names;
  int64_t train_samples = 0;
  int64_t validation_samples = 0;
  std::unique_ptr<Loader> train;
  std::unique_ptr<Loader> validation;
  std::vector<std::string> descriptions;  // what was taken from where, one line a split
  Json fingerprint = Json::object();  // numbers of samples, classes and a hash of labels and paths within the folder
};

// Throws ConfigError where the folder has no usable splits, or fewer than two classes.
ClassifyData open_classify_data(const ClassifyConfig& config, const std::filesystem::path& root);

}  // namespace multipole
