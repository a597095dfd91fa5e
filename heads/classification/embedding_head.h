// No classes: the backbone's embedding as it is, for models that are published as feature extractors.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "backbone/families/backbone.h"
#include "base/fields.h"
#include "heads/head.h"

namespace multipole {

struct EmbeddingHeadConfig {
  template <class Self, class Field>
  static void fields(Self&, Field&&) {}
};

class EmbeddingHead : public Head {
 public:
  static constexpr const char* kTask = "embedding";

  EmbeddingHead(const EmbeddingHeadConfig&, const std::vector<FeatureInfo>&, int64_t, const std::string&) {}

  static double count_parameters(const EmbeddingHeadConfig&, const std::vector<FeatureInfo>&, int64_t) { return 0; }
  static bool reads_embedding(const EmbeddingHeadConfig&) { return true; }

  // -> (B, embedding_dim)
  torch::Tensor forward(const std::vector<torch::Tensor>& features, ImageSize image_size) override;
};

}  // namespace multipole
