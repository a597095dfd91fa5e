// A model file, another attention in its place, and pictures: what changes, at the sizes asked for.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"
#include "engine/runtime/execution.h"
#include "tasks/attention_swap/swap_comparison.h"

namespace multipole {

struct ComparerOptions {
  std::string attention = "multipole2d";  // as swap_attention() takes it (engine/weights/attention_swap.h)
  std::vector<int64_t> sizes;  // sides of what the models see, in pixels; empty: the model's own and twice it
  std::string device = "auto";
  std::string precision = "auto";
};

class AttentionComparer {
 public:
  // Throws what load_model() and swap_attention() throw, ConfigError for a size out of range and ResourceError for a
  // device that is absent.
  AttentionComparer(const std::filesystem::path& model, const ComparerOptions& options);

  const Execution& execution() const { return execution_; }
  // In the order of the sizes.
  const std::vector<SwapComparison>& comparisons() const { return comparisons_; }
  // Of a segmentation, else empty.
  std::vector<std::string> map_classes() const;
  // {"model", "attention" (resolved), "precision", "sizes": [SwapComparison::to_json()]}
  Json to_json() const;

  // One picture, (H, W, 3) uint8, at the size that comparisons()[place] has; the first of each size is also timed. What
  // it says of the picture besides is added to the comparison. Throws what the models throw.
  PictureDifference compare(const torch::Tensor& picture, size_t place);

  // The picture as the models saw it at that size, tinted from dark (as before) to yellow where a token's features have
  // a cosine of kYellowCosine or less to those of the model's own attention. (H, W, 3) uint8.
  static constexpr double kYellowCosine = 0.8;
  torch::Tensor difference_picture(const torch::Tensor& picture, const PictureDifference& difference,
                                   size_t place) const;

 private:
  Preprocessing preprocessing_at(size_t place) const;

  Execution execution_;
  LoadedModel reference_, swapped_;
  std::string file_;
  std::vector<SwapComparison> comparisons_;
};

}  // namespace multipole
