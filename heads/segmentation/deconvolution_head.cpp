#include "heads/segmentation/deconvolution_head.h"

#include <cmath>

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"

namespace multipole {
namespace {

constexpr int64_t kKernel = 4;  // with stride 2 and a border of 1 every output sees 2 x 2 inputs
constexpr size_t kMostWidths = 4;

std::vector<int64_t> all_widths(const DeconvolutionHeadConfig& config) {
  auto widths = config.widths;
  widths.push_back(config.channels);
  return widths;
}

}  // namespace

void DeconvolutionHeadConfig::validate(const std::string& where) const {
  SegmentationHeadConfig::validate(where);
  require(widths.size() <= kMostWidths, where + ".widths", "must have at most 4 entries", widths.size());
  for (const int64_t width : widths) {
    require(width >= 1 && width <= 8192, where + ".widths", "must be from 1 to 8192", width);
  }
}

DeconvolutionHead::DeconvolutionHead(const DeconvolutionHeadConfig& config,
                                     const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
                                     const std::string&)
    : SegmentationHead(config, feature_info, num_classes) {
  int64_t channels = feature_info.back().num_channels;
  for (const int64_t width : all_widths(config)) {
    const std::string place = std::to_string(deconvolutions_.size() + 1);
    const auto options = torch::nn::ConvTranspose2dOptions(channels, width, kKernel).stride(2).padding(1);
    deconvolutions_.push_back(register_module("deconvolution_" + place, torch::nn::ConvTranspose2d(options)));
    if (config.norm) norms_.push_back(register_module("norm_" + place, make_layer_norm(width, kDecoderNormEps)));
    channels = width;
  }
}

double DeconvolutionHead::count_parameters(const DeconvolutionHeadConfig& config,
                                           const std::vector<FeatureInfo>& feature_info, int64_t num_classes) {
  double parameters = count_shared_parameters(config, feature_info, num_classes);
  int64_t channels = feature_info.back().num_channels;
  for (const int64_t width : all_widths(config)) {
    parameters += linear_parameters(kKernel * kKernel * channels, width);
    if (config.norm) parameters += layer_norm_parameters(width);
    channels = width;
  }
  return parameters;
}

torch::Tensor DeconvolutionHead::decode(const std::vector<torch::Tensor>& tokens, const torch::Tensor&) {
  auto map = tokens.back();
  for (size_t i = 0; i < deconvolutions_.size(); ++i) {
    map = deconvolutions_[i](map.permute({0, 3, 1, 2})).permute({0, 2, 3, 1});
    if (!norms_.empty()) map = norms_[i](map);
    map = torch::relu(map);
  }
  return map;
}

double DeconvolutionHead::decoded_stride() const {
  return std::ldexp(static_cast<double>(feature_info().back().stride), -static_cast<int>(deconvolutions_.size()));
}

}  // namespace multipole
