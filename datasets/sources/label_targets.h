// Labels that are sets of classes (formats/label_set.h) as targets: each class a question of its own.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace multipole {

// (number of label sets, number of classes) float, 1 where the class is in the set. Throws ConfigError, which begins
// with `where`, for a class that is not among `class_names`.
torch::Tensor label_set_targets(const std::vector<std::string>& label_sets, const std::vector<std::string>& class_names,
                                const std::string& where);

// (B, C) float targets of a batch whose labels are rows of `label_sets` (S, C), mixed or not, with label smoothing:
// (1 - smoothing) * [mix_weight * row(labels) + (1 - mix_weight) * row(mixed_labels)] + smoothing / C.
torch::Tensor multi_label_targets(const Batch& batch, const torch::Tensor& label_sets, double smoothing = 0.0);

// Every class of every sample: the places of ones in the rows that `labels` name, sample by sample.
std::vector<int64_t> class_occurrences(const std::vector<int64_t>& labels, const torch::Tensor& label_sets);

}  // namespace multipole
