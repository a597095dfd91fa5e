// No classes: the backbone's embedding as it is, for models that are published as feature extractors, or a linear map
// of it to the embedding of a model that taught this one.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "backbone/families/backbone.h"
#include "backbone/layers/linear.h"
#include "base/fields.h"
#include "heads/head.h"

namespace multipole {

struct EmbeddingHeadConfig {
  int64_t projection_dim = 0;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("projection_dim", self.projection_dim, "numbers of a linear map of the embedding; 0: the embedding as it is");
  }
  void validate(const std::string& where) const;
};

class EmbeddingHead : public Head {
 public:
  static constexpr const char* kTask = "embedding";

  EmbeddingHead(const EmbeddingHeadConfig& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
                const std::string& where);

  static double count_parameters(const EmbeddingHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                 int64_t num_classes);
  static bool reads_embedding(const EmbeddingHeadConfig&) { return true; }

  // -> (B, embedding_dim), or (B, projection_dim)
  torch::Tensor forward(const FeatureMaps& features, ImageSize image_size) override;

 private:
  Linear projection_{nullptr};  // null where projection_dim is 0
};

}  // namespace multipole
