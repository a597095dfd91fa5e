#include "heads/segmentation/linear_head.h"

namespace multipole {
namespace {

SegmentationHeadConfig shared_config(const LinearHeadConfig& config, const std::vector<FeatureInfo>& feature_info) {
  return {.channels = feature_info.back().num_channels,
          .dropout = config.dropout,
          .context = config.context,
          .resize = config.resize};
}

}  // namespace

void LinearHeadConfig::validate(const std::string& where) const {
  require(dropout >= 0 && dropout < 1, where + ".dropout", "must be in [0, 1)", dropout);
  require_resize(resize, where);
}

LinearHead::LinearHead(const LinearHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                       int64_t num_classes, const std::string&)
    : SegmentationHead(shared_config(config, feature_info), feature_info, num_classes) {}

double LinearHead::count_parameters(const LinearHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                    int64_t num_classes) {
  return count_shared_parameters(shared_config(config, feature_info), feature_info, num_classes);
}

torch::Tensor LinearHead::decode(const std::vector<torch::Tensor>& tokens, const torch::Tensor&) {
  return tokens.back();
}

double LinearHead::decoded_stride() const { return static_cast<double>(feature_info().back().stride); }

}  // namespace multipole
