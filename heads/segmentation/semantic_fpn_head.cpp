#include "heads/segmentation/semantic_fpn_head.h"

#include <algorithm>

namespace multipole {
namespace {

// Convolutions of a map: one before each doubling of its size, and one for the finest.
size_t num_climbs(size_t map) { return std::max<size_t>(map, 1); }

}  // namespace

SemanticFpnHead::SemanticFpnHead(const SegmentationHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                 int64_t num_classes, const std::string&)
    : SegmentationHead(config, feature_info, num_classes) {
  const auto in_channels = channels_of(feature_info);
  top_down_ = register_module("top_down", TopDown(in_channels, config.channels, scales_between()));
  for (size_t i = 0; i < in_channels.size(); ++i) {
    auto& climb = climbs_.emplace_back();
    for (size_t step = 0; step < num_climbs(i); ++step) {
      climb.push_back(register_module("climb_" + std::to_string(i + 1) + "_" + std::to_string(step + 1),
                                      ConvNorm(config.channels, config.channels, /*size=*/3)));
    }
  }
}

double SemanticFpnHead::count_parameters(const SegmentationHeadConfig& config,
                                         const std::vector<FeatureInfo>& feature_info, int64_t num_classes) {
  const int64_t channels = config.channels;
  double parameters = count_shared_parameters(config, feature_info, num_classes) +
                      TopDownImpl::count_parameters(channels_of(feature_info), channels);
  for (size_t i = 0; i < feature_info.size(); ++i) {
    parameters += static_cast<double>(num_climbs(i)) * ConvNormImpl::count_parameters(channels, channels, /*size=*/3);
  }
  return parameters;
}

torch::Tensor SemanticFpnHead::decode(const std::vector<torch::Tensor>& tokens, const torch::Tensor&) {
  const auto maps = top_down_(tokens);
  torch::Tensor sum = climbs_[0][0](maps[0]);
  for (size_t i = 1; i < maps.size(); ++i) {
    torch::Tensor map = maps[i];
    for (size_t step = 0; step < climbs_[i].size(); ++step) {
      // to the size of the next finer map, which is not always twice its own
      const size_t finer = i - 1 - step;
      map = resize_tokens_like(climbs_[i][step](map), maps[finer], scale(finer + 1, finer));
    }
    sum = sum + map;
  }
  return sum;
}

}  // namespace multipole
