#include "heads/classification/embedding_head.h"

namespace multipole {

torch::Tensor EmbeddingHead::forward(const std::vector<torch::Tensor>& features, ImageSize) {
  return features.back().flatten(1);
}

}  // namespace multipole
