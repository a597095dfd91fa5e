#include "heads/segmentation/semantic_fpn_head.h"

#include <algorithm>

namespace multipole {

SemanticFpnHead::SemanticFpnHead(const SegmentationHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                 int64_t num_classes, const std::string&)
    : SegmentationHead(config, feature_info, num_classes) {
  std::vector<int64_t> in_channels;
  for (const auto& info : feature_info) in_channels.push_back(info.num_channels);
  top_down_ = register_module("top_down", TopDown(in_channels, config.channels));
  for (size_t i = 0; i < in_channels.size(); ++i) {
    auto& climb = climbs_.emplace_back();
    for (size_t step = 0; step < std::max<size_t>(i, 1); ++step) {
      climb.push_back(register_module("climb_" + std::to_string(i + 1) + "_" + std::to_string(step + 1),
                                      ConvNorm(config.channels, config.channels, /*size=*/3)));
    }
  }
}

torch::Tensor SemanticFpnHead::decode(const std::vector<torch::Tensor>& tokens) {
  const auto maps = top_down_(tokens);
  torch::Tensor sum = climbs_[0][0](maps[0]);
  for (size_t i = 1; i < maps.size(); ++i) {
    torch::Tensor map = maps[i];
    for (size_t step = 0; step < climbs_[i].size(); ++step) {
      // to the size of the next finer map, which is not always twice its own
      map = resize_tokens_like(climbs_[i][step](map), maps[i - 1 - step]);
    }
    sum = sum + map;
  }
  return sum;
}

}  // namespace multipole
