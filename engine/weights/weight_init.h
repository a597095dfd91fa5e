// Starts a model from another one's weights: what fits by name and shape is copied, attention parameters that depend on
// the cell size or the number of levels are adapted, the rest keeps its fresh values. For any task: a segmentation
// model takes a classifier's backbone this way.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "heads/model/model.h"

namespace multipole {

enum class WeightFate {
  kLoaded,
  kAdapted,     // resampled to another cell size, or taken from another level
  kMissing,     // not in the file: fresh
  kMismatched,  // in the file with another shape: fresh
  kReplaced,    // in the file, and left out on purpose: the head for other classes
  kUnused,      // in the file only
};

struct WeightInitEntry {
  WeightFate fate = WeightFate::kLoaded;
  std::string name;
  std::string detail;  // shapes, or what was adapted; "" where there is nothing to say
};

struct WeightInitReport {
  std::string source;
  std::vector<WeightInitEntry> entries;  // the model's weights by name, then those that only the file has

  int64_t count(WeightFate fate) const;
  // "weights from m.safetensors: 140 loaded, 2 adapted, ...", then a line for each weight that was not simply loaded.
  std::vector<std::string> table() const;
};

struct WeightInitOptions {
  // false: a classifier's head and the classifying layers of a segmenter's start fresh even where their shapes fit
  bool keep_head = true;
};

// Copies what fits of `weights` into the model. Throws ModelFileError, with the table, where not one weight of the
// backbone fits.
WeightInitReport initialize_weights(VisionModelImpl& model, const std::map<std::string, torch::Tensor>& weights,
                                    const std::string& source, const WeightInitOptions& options = {});

// The same from a model file of any task or any other safetensors file. Where `class_names` are given and a model file
// has other ones, what answers for them is replaced. `key_map`, a JSON file as key_map.h describes, renames a plain
// file's weights.
WeightInitReport initialize_weights(VisionModelImpl& model, const std::filesystem::path& path,
                                    const std::vector<std::string>& class_names,
                                    const std::optional<std::filesystem::path>& key_map = std::nullopt);

}  // namespace multipole
