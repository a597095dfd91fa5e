// Classification from the last feature map: pooling over the tokens, optional norm, dropout, linear.
#pragma once

#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/normalization.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "backbone/families/backbone.h"
#include "backbone/layers/linear.h"
#include "base/fields.h"
#include "heads/classification/attention_pooling.h"
#include "heads/head.h"

namespace multipole {

struct ClassificationHeadConfig {
  std::string pooling = "average";
  int64_t pooling_heads = 4;
  bool norm = false;
  double dropout = 0.0;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("pooling", self.pooling,
          "average of the tokens, attention by a learned query, or embedding: the backbone's own pooling");
    field("pooling_heads", self.pooling_heads, "attention heads of the attention pooling");
    field("norm", self.norm, "layer norm after pooling (the backbone's maps are normalised already)");
    field("dropout", self.dropout, "share of the pooled features that training sets to zero");
  }
  void validate(const std::string& where) const;
};

class ClassificationHead : public Head {
 public:
  static constexpr const char* kTask = "classification";

  // Throws ConfigError where pooling_heads does not divide the channels of the last map.
  ClassificationHead(const ClassificationHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                     int64_t num_classes, const std::string& where);

  static double count_parameters(const ClassificationHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                 int64_t num_classes);

  // Whether it reads the backbone's embedding, as a map of one token, instead of its maps.
  static bool reads_embedding(const ClassificationHeadConfig& config) { return config.pooling == "embedding"; }

  // -> (B, num_classes)
  torch::Tensor forward(const FeatureMaps& features, ImageSize image_size) override;
  std::vector<std::string> no_weight_decay() const override;

 private:
  AttentionPooling pooling_{nullptr};  // null for the average
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::Dropout dropout_{nullptr};
  Linear linear_{nullptr};
};

}  // namespace multipole
