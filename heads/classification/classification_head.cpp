#include "heads/classification/classification_head.h"

#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/normalization.h>

#include "backbone/layers/parameter_count.h"
#include "backbone/layers/token_mass.h"

namespace multipole {

void ClassificationHeadConfig::validate(const std::string& where) const {
  require(pooling == "average" || pooling == "attention" || pooling == "embedding", where + ".pooling",
          "must be average, attention or embedding", pooling);
  require(pooling_heads >= 1, where + ".pooling_heads", "must be at least 1", pooling_heads);
  require(dropout >= 0 && dropout < 1, where + ".dropout", "must be in [0, 1)", dropout);
}

ClassificationHead::ClassificationHead(const ClassificationHeadConfig& config,
                                       const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
                                       const std::string& where) {
  const int64_t embed_dim = feature_info.back().num_channels;
  if (config.pooling == "attention") {
    require(embed_dim % config.pooling_heads == 0, where + ".pooling_heads",
            "must divide the " + std::to_string(embed_dim) + " channels of the last map", config.pooling_heads);
    pooling_ = register_module("pooling", AttentionPooling(embed_dim, config.pooling_heads));
  }
  if (config.norm) norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({embed_dim})));
  dropout_ = register_module("dropout", torch::nn::Dropout(config.dropout));
  linear_ = register_module("linear", Linear(embed_dim, num_classes));
}

double ClassificationHead::count_parameters(const ClassificationHeadConfig& config,
                                            const std::vector<FeatureInfo>& feature_info, int64_t num_classes) {
  const int64_t embed_dim = feature_info.back().num_channels;
  double parameters = linear_parameters(embed_dim, num_classes);
  if (config.pooling == "attention") parameters += AttentionPoolingImpl::count_parameters(embed_dim);
  if (config.norm) parameters += layer_norm_parameters(embed_dim);
  return parameters;
}

torch::Tensor ClassificationHead::forward(const FeatureMaps& features, ImageSize) {
  const auto& map = features.maps.back();
  const auto mass = features.last_mass();
  auto pooled = pooling_         ? pooling_(map, mass)
                : mass.defined() ? mean_by_mass(map.permute({0, 2, 3, 1}), mass)
                                 : map.mean({2, 3});
  if (norm_) pooled = norm_(pooled);
  return linear_(dropout_(pooled));
}

std::vector<std::string> ClassificationHead::no_weight_decay() const {
  if (pooling_) return {"pooling.query"};
  return {};
}

}  // namespace multipole
