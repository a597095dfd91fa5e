#include "heads/segmentation/segformer_head.h"

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"

namespace multipole {

SegformerHead::SegformerHead(const SegformerHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                             int64_t num_classes, const std::string&)
    : SegmentationHead(config, feature_info, num_classes), channels_(config.channels) {
  for (size_t i = 0; i < feature_info.size(); ++i) {
    projections_.push_back(
        register_module("projection_" + std::to_string(i + 1), Linear(feature_info[i].num_channels, config.channels)));
  }
  const auto maps = static_cast<int64_t>(feature_info.size());
  fuse_ = register_module("fuse", Linear(maps * config.channels, config.channels));
  if (config.norm) norm_ = register_module("norm", make_layer_norm(config.channels, kDecoderNormEps));
}

double SegformerHead::count_parameters(const SegformerHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                       int64_t num_classes) {
  const auto maps = static_cast<int64_t>(feature_info.size());
  double parameters = count_shared_parameters(config, feature_info, num_classes) +
                      linear_parameters(maps * config.channels, config.channels);
  if (config.norm) parameters += layer_norm_parameters(config.channels);
  for (const auto& info : feature_info) parameters += linear_parameters(info.num_channels, config.channels);
  return parameters;
}

torch::Tensor SegformerHead::decode(const std::vector<torch::Tensor>& tokens, const torch::Tensor&) {
  // the fusing layer is linear and so is the resize: each map passes through its own columns of the weight at its own
  // size, which costs a quarter of fusing at the finest size
  torch::Tensor sum;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const auto columns = fuse_->weight.narrow(1, static_cast<int64_t>(i) * channels_, channels_);
    const auto part = linear(projections_[i](tokens[i]), columns, i == 0 ? fuse_->bias : torch::Tensor());
    sum = i == 0 ? part : sum + resize_tokens_like(part, tokens.front(), scale(i, 0));
  }
  return torch::relu(norm_ ? norm_(sum) : sum);
}

}  // namespace multipole
