// A model that teaches another one: what it says of the very pictures that the student is shown, augmentation included
// (Beyer et al., "Knowledge distillation: A good teacher is patient and consistent", arXiv 2106.05237).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>

#include "base/json.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"
#include "engine/runtime/execution.h"

namespace multipole {

class Teacher {
 public:
  // `student` is how the pictures of its batches were normalised. Throws what load_model() throws.
  Teacher(const std::filesystem::path& path, const Preprocessing& student, const Execution& execution);

  // Pictures (B, 3, H, W) as the student sees them, on the execution's device -> (B, classes) or (B, embedding_dim),
  // float32 on that device, without a graph. Pictures of another size than the teacher's own are resized to it.
  torch::Tensor logits(const torch::Tensor& images) const;
  torch::Tensor embeddings(const torch::Tensor& images) const;
  int64_t embedding_dim() const;

 private:
  torch::Tensor as_own(const torch::Tensor& images) const;

  Execution execution_;
  LoadedModel loaded_;
  int64_t image_size_;
  torch::Tensor scale_, shift_;  // (1, 3, 1, 1): from the student's normalisation to the teacher's
};

// What tells one teacher's file from another: {"file", "checksum"} (base/checksum.h). Throws ModelFileError where it
// cannot be read.
Json teacher_fingerprint(const std::filesystem::path& path);

}  // namespace multipole
