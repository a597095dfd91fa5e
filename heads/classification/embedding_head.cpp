#include "heads/classification/embedding_head.h"

#include "backbone/layers/parameter_count.h"

namespace multipole {

void EmbeddingHeadConfig::validate(const std::string& where) const {
  require(projection_dim >= 0, where + ".projection_dim", "must not be negative", projection_dim);
}

EmbeddingHead::EmbeddingHead(const EmbeddingHeadConfig& config, const std::vector<FeatureInfo>& feature_info, int64_t,
                             const std::string&) {
  if (config.projection_dim == 0) return;
  projection_ = register_module("projection", Linear(feature_info.back().num_channels, config.projection_dim));
}

double EmbeddingHead::count_parameters(const EmbeddingHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                       int64_t) {
  return linear_parameters(feature_info.back().num_channels, config.projection_dim);
}

torch::Tensor EmbeddingHead::forward(const FeatureMaps& features, ImageSize) {
  const auto embedding = features.maps.back().flatten(1);
  return projection_ ? projection_(embedding) : embedding;
}

}  // namespace multipole
