// What a model may be asked of a picture without its head, and what it gives.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "tasks/inference/feature_kind.h"

namespace multipole {

struct EmbeddingQuestion {
  FeatureKind kind = FeatureKind::kVector;
  bool normalize = false;  // to Euclidean length 1, of a map each token's vector; what is zero stays zero
};

// Of one picture among several.
struct Embedding {
  torch::Tensor features;          // (embedding_dim) or (C, h, w) float32 on the CPU; undefined where there is an error
  std::vector<std::string> notes;  // what reading a file left out or guessed
  std::string error;               // why there are none; empty where there are
};

}  // namespace multipole
