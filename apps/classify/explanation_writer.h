// The pictures of `classify predict --explain DIR`.
#pragma once

#include <torch/types.h>

#include <filesystem>

#include "datasets/dataset.h"
#include "datasets/pictures/preprocessing.h"
#include "tasks/classification/prediction/classifier.h"

namespace multipole {

class ExplanationWriter {
 public:
  // Makes the folder. Throws ResourceError where it cannot.
  ExplanationWriter(const std::filesystem::path& folder, const Preprocessing& preprocessing);

  // DIR/<number of the input, six digits>_<name>.png for each picture of the batch: what speaks for the most probable
  // class of its `logits` (tasks/classification/report/explanation.h).
  void write(const Classifier& classifier, const Batch& batch, const torch::Tensor& logits) const;

 private:
  std::filesystem::path folder_;
  Preprocessing preprocessing_;
};

}  // namespace multipole
