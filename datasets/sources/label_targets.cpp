#include "datasets/sources/label_targets.h"

#include <algorithm>

#include "base/error.h"
#include "datasets/formats/label_set.h"

namespace multipole {

torch::Tensor label_set_targets(const std::vector<std::string>& label_sets, const std::vector<std::string>& class_names,
                                const std::string& where) {
  const auto num_classes = static_cast<int64_t>(class_names.size());
  torch::Tensor targets = torch::zeros({static_cast<int64_t>(label_sets.size()), num_classes});
  auto* row = targets.data_ptr<float>();
  for (const auto& label_set : label_sets) {
    for (const auto& name : classes_of_set(label_set)) {
      const auto place = std::find(class_names.begin(), class_names.end(), name);
      if (place == class_names.end()) {
        throw ConfigError(where + ": '" + name + "' is no class of the training set or model");
      }
      row[place - class_names.begin()] = 1;
    }
    row += num_classes;
  }
  return targets;
}

torch::Tensor multi_label_targets(const Batch& batch, const torch::Tensor& label_sets, double smoothing) {
  torch::Tensor targets = label_sets.index_select(0, batch.labels);
  if (batch.mixed_labels.defined()) {
    targets = targets * batch.mix_weight + label_sets.index_select(0, batch.mixed_labels) * (1.0 - batch.mix_weight);
  }
  return targets * (1.0 - smoothing) + smoothing / static_cast<double>(label_sets.size(1));
}

std::vector<int64_t> class_occurrences(const std::vector<int64_t>& labels, const torch::Tensor& label_sets) {
  const auto rows = label_sets.accessor<float, 2>();
  std::vector<int64_t> classes;
  for (const int64_t label : labels) {
    for (int64_t place = 0; place < rows.size(1); ++place) {
      if (rows[label][place] > 0) classes.push_back(place);
    }
  }
  return classes;
}

}  // namespace multipole
