// Transposed convolutions on the coarsest map, each of which doubles its size (Xiao et al., arXiv 1804.06208, section
// 2). The one head that needs no pyramid of maps.
#pragma once

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/normalization.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "heads/segmentation/segmentation_head.h"

namespace multipole {

struct DeconvolutionHeadConfig : SegmentationHeadConfig {
  std::vector<int64_t> widths = {128, 128};
  bool norm = true;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    SegmentationHeadConfig::fields(self, field);
    field("widths", self.widths,
          "of the transposed convolutions before the last, which is `channels` wide; each doubles the map's size");
    field("norm", self.norm,
          "layer norm after each; without it there is none: weights that a batch norm was folded into");
  }
  void validate(const std::string& where) const;
};

class DeconvolutionHead : public SegmentationHead {
 public:
  DeconvolutionHead(const DeconvolutionHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                    int64_t num_classes, const std::string& where);

  static double count_parameters(const DeconvolutionHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                 int64_t num_classes);

 protected:
  // -> (B, 2^k h, 2^k w, channels) of the coarsest map's h x w and k transposed convolutions.
  torch::Tensor decode(const std::vector<torch::Tensor>& tokens, const torch::Tensor& last_mass) override;
  double decoded_stride() const override;

 private:
  std::vector<torch::nn::ConvTranspose2d> deconvolutions_;
  std::vector<torch::nn::LayerNorm> norms_;  // empty without them
};

}  // namespace multipole
