// Semantic FPN: a feature pyramid network whose levels climb to the finest size by 3 x 3 convolutions and are added
// (Kirillov et al., arXiv 1901.02446, section 3 and figure 3).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "heads/segmentation/segmentation_head.h"
#include "heads/segmentation/top_down.h"

namespace multipole {

class SemanticFpnHead : public SegmentationHead {
 public:
  SemanticFpnHead(const SegmentationHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                  int64_t num_classes, const std::string& where);

  static double count_parameters(const SegmentationHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                 int64_t num_classes);

 protected:
  torch::Tensor decode(const std::vector<torch::Tensor>& tokens, const torch::Tensor& last_mass) override;

 private:
  TopDown top_down_{nullptr};
  std::vector<std::vector<ConvNorm>> climbs_;  // a map's convolutions, one before each doubling of its size
};

}  // namespace multipole
