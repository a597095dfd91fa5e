// The two splits of classification data as loaders: a folder, a CSV manifest, packed data or an archive.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/loading/loader.h"
#include "datasets/sources/labelled_pictures.h"
#include "tasks/classification/classify_config.h"

namespace multipole {

struct ClassifyData {
  std::vector<std::string> class_names;
  std::shared_ptr<const Dataset> train_pictures;
  std::vector<int64_t> train_labels;  // of train_pictures
  // (S, C) float where pictures have several classes: labels are its rows then (datasets/sources/label_targets.h); else
  // undefined, and a label is a class
  torch::Tensor label_sets;
  std::shared_ptr<const Dataset> validation_pictures;
  int64_t train_samples = 0;
  int64_t validation_samples = 0;
  std::unique_ptr<Loader> train;
  std::unique_ptr<Loader> validation;
  std::vector<std::string> descriptions;  // what was taken from where, one line a split
  Json fingerprint = Json::object();      // numbers of samples, classes and a hash of labels and names within the data
};

// How `config` has a split of its data taken (how it has them read: engine/training/data_loading.h).
SplitOptions split_options(const DataConfig& config, const std::string& split);

// Puts the bands that data.bands asks for into the config's preprocessing and model (engine/training/data_bands.h);
// returns lines for people. Throws what opening the data throws.
std::vector<std::string> take_classify_bands(ClassifyConfig& config, const std::filesystem::path& path);

// Throws ConfigError where the data has no usable splits, fewer than two classes, or several classes a picture and the
// config asks for what is not defined for them.
ClassifyData open_classify_data(const ClassifyConfig& config, const std::filesystem::path& path);

// Every class of every training picture.
std::vector<int64_t> train_class_occurrences(const ClassifyData& data);

}  // namespace multipole
