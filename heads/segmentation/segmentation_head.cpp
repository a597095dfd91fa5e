#include "heads/segmentation/segmentation_head.h"

#include "backbone/layers/parameter_count.h"

namespace multipole {

namespace {

constexpr size_t kAuxiliaryMap = 2;

constexpr const char* kByStride = "stride";

}  // namespace

void require_resize(const std::string& resize, const std::string& where) {
  require(resize == "stretch" || resize == kByStride, where + ".resize", "must be stretch or stride", resize);
}

void SegmentationHeadConfig::validate(const std::string& where) const {
  require(channels >= 1 && channels <= 8192, where + ".channels", "must be from 1 to 8192", channels);
  require(dropout >= 0 && dropout < 1, where + ".dropout", "must be in [0, 1)", dropout);
  require_resize(resize, where);
}

std::vector<int64_t> channels_of(const std::vector<FeatureInfo>& feature_info) {
  std::vector<int64_t> channels;
  for (const auto& info : feature_info) channels.push_back(info.num_channels);
  return channels;
}

SegmentationHead::SegmentationHead(const SegmentationHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                   int64_t num_classes)
    : feature_info_(feature_info), resizes_by_stride_(config.resize == kByStride) {
  dropout_ = register_module("dropout", torch::nn::Dropout2d(config.dropout));
  classifier_ = register_module("classifier", Linear(config.channels, num_classes));
  if (config.context) {
    const int64_t channels = feature_info.back().num_channels;
    context_ = register_module("context", Linear(channels, channels));
    const torch::NoGradGuard no_grad;
    context_->weight.zero_();
  }
  if (!config.auxiliary) return;
  auxiliary_conv_ = register_module("auxiliary_conv",
                                    ConvNorm(feature_info.at(kAuxiliaryMap).num_channels, config.channels, /*size=*/3));
  auxiliary_classifier_ = register_module("auxiliary_classifier", Linear(config.channels, num_classes));
}

double SegmentationHead::count_shared_parameters(const SegmentationHeadConfig& config,
                                                 const std::vector<FeatureInfo>& feature_info, int64_t num_classes) {
  double parameters = linear_parameters(config.channels, num_classes);
  const int64_t channels = feature_info.back().num_channels;
  if (config.context) parameters += linear_parameters(channels, channels);
  if (config.auxiliary) {
    parameters += ConvNormImpl::count_parameters(feature_info.at(kAuxiliaryMap).num_channels, config.channels, 3) +
                  linear_parameters(config.channels, num_classes);
  }
  return parameters;
}

torch::Tensor SegmentationHead::forward(const FeatureMaps& features, ImageSize image_size) {
  std::vector<torch::Tensor> tokens;
  for (const auto& map : features.maps) tokens.push_back(map.permute({0, 2, 3, 1}));
  const auto decoded = decode(tokens, features.last_mass()).permute({0, 3, 1, 2});
  return logits_at(classifier_(dropout_(decoded).permute({0, 2, 3, 1})), image_size, decoded_stride());
}

std::vector<torch::Tensor> SegmentationHead::forward_all(const FeatureMaps& features, ImageSize image_size) {
  std::vector<torch::Tensor> logits = {forward(features, image_size)};
  if (auxiliary_conv_ && is_training()) {
    const auto tokens = auxiliary_conv_(features.maps.at(kAuxiliaryMap).permute({0, 2, 3, 1}));
    const auto stride = static_cast<double>(feature_info_.at(kAuxiliaryMap).stride);
    logits.push_back(logits_at(auxiliary_classifier_(tokens), image_size, stride));
  }
  return logits;
}

std::optional<double> SegmentationHead::scale(size_t from, size_t to) const {
  if (!resizes_by_stride_) return {};
  return static_cast<double>(feature_info_.at(from).stride) / static_cast<double>(feature_info_.at(to).stride);
}

std::vector<std::optional<double>> SegmentationHead::scales_between() const {
  std::vector<std::optional<double>> scales;
  for (size_t i = 0; i + 1 < feature_info_.size(); ++i) scales.push_back(scale(i + 1, i));
  return scales;
}

torch::Tensor SegmentationHead::logits_at(const torch::Tensor& token_logits, ImageSize size, double stride) const {
  const auto scale = resizes_by_stride_ ? std::optional(stride) : std::nullopt;
  return resize_tokens(token_logits, size.height, size.width, scale).permute({0, 3, 1, 2});
}

torch::Tensor SegmentationHead::add_context(const torch::Tensor& last_map, const torch::Tensor& context) {
  return last_map + context_(context.permute({0, 2, 3, 1})).permute({0, 3, 1, 2});
}

}  // namespace multipole
