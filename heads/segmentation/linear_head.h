// A linear layer on each token of the last map: what a linear probe of a frozen backbone is (Oquab et al., DINOv2,
// arXiv 2304.07193, section 7.4), with no decoder before it.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"
#include "heads/segmentation/segmentation_head.h"

namespace multipole {

struct LinearHeadConfig {
  double dropout = 0.0;
  bool context = false;
  std::string resize = "stretch";

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("dropout", self.dropout, "share of the map's channels that training sets to zero, whole maps at a time");
    field("context", self.context, "learn to use a coarse view of the whole picture beside a tile of it");
    field("resize", self.resize, "how the map is brought to the picture's size: stretch or stride");
  }
  void validate(const std::string& where) const;
};

class LinearHead : public SegmentationHead {
 public:
  LinearHead(const LinearHeadConfig& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
             const std::string& where);

  static double count_parameters(const LinearHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                 int64_t num_classes);

 protected:
  // The last map as it is.
  torch::Tensor decode(const std::vector<torch::Tensor>& tokens, const torch::Tensor& last_mass) override;
  double decoded_stride() const override;
};

}  // namespace multipole
