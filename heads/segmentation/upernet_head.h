// UPerNet: pyramid pooling on the coarsest map, a feature pyramid network, all levels fused at the finest size
// (Xiao et al., arXiv 1807.10221, section 3.1; pyramid pooling: Zhao et al., arXiv 1612.01105).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "heads/segmentation/segmentation_head.h"
#include "heads/segmentation/top_down.h"

namespace multipole {

struct UperNetHeadConfig : SegmentationHeadConfig {
  std::vector<int64_t> pool_sizes = {1, 2, 3, 6};

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    SegmentationHeadConfig::fields(self, field);
    field("pool_sizes", self.pool_sizes, "cells along each side of the pooled copies of the coarsest map");
  }
  void validate(const std::string& where) const;
};

class UperNetHead : public SegmentationHead {
 public:
  UperNetHead(const UperNetHeadConfig& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
              const std::string& where);

  static double count_parameters(const UperNetHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                 int64_t num_classes);

  bool pools_picture() const override { return true; }

 protected:
  torch::Tensor decode(const std::vector<torch::Tensor>& tokens, const torch::Tensor& last_mass) override;

 private:
  torch::Tensor pool_pyramid(const torch::Tensor& tokens, const torch::Tensor& mass);

  std::vector<int64_t> pool_sizes_;
  std::vector<ConvNorm> pool_convs_;
  ConvNorm pool_fuse_{nullptr};
  TopDown top_down_{nullptr};
  std::vector<ConvNorm> outputs_;
  ConvNorm fuse_{nullptr};
};

}  // namespace multipole
