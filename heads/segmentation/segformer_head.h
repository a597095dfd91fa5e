// SegFormer's all-MLP decoder: every map through a linear layer to one width, resized to the finest, fused by a linear
// layer (Xie et al., arXiv 2105.15203, section 3.2).
#pragma once

#include <torch/nn/modules/normalization.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "backbone/layers/linear.h"
#include "heads/segmentation/segmentation_head.h"

namespace multipole {

struct SegformerHeadConfig : SegmentationHeadConfig {
  bool norm = true;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    SegmentationHeadConfig::fields(self, field);
    field("norm", self.norm, "layer norm of the fused map; published heads have theirs folded into the fusing layer");
  }
};

class SegformerHead : public SegmentationHead {
 public:
  SegformerHead(const SegformerHeadConfig& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
                const std::string& where);

  static double count_parameters(const SegformerHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                 int64_t num_classes);

 protected:
  torch::Tensor decode(const std::vector<torch::Tensor>& tokens, const torch::Tensor& last_mass) override;

 private:
  int64_t channels_;
  std::vector<Linear> projections_;
  Linear fuse_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};  // null without a norm
};

}  // namespace multipole
