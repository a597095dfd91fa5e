#include "heads/segmentation/upernet_head.h"

namespace multipole {
namespace {

// Means over size x size cells of tokens (B, h, w, C), by mass (B, h, w) or undefined -> (B, size, size, C). Masked
// tokens are zero; a cell of nothing else is 0.
torch::Tensor pool_tokens(const torch::Tensor& tokens, const torch::Tensor& mass, int64_t size) {
  const auto pooled = [size](const torch::Tensor& x) {
    return torch::adaptive_avg_pool2d(x.permute({0, 3, 1, 2}), {size, size}).permute({0, 2, 3, 1});
  };
  if (!mass.defined()) return pooled(tokens);
  const auto weights = mass.to(tokens.scalar_type()).unsqueeze(-1), share = pooled(weights);
  return pooled(tokens * weights) / share.masked_fill(share.eq(0), 1);
}

}  // namespace

void UperNetHeadConfig::validate(const std::string& where) const {
  SegmentationHeadConfig::validate(where);
  require(!pool_sizes.empty(), where + ".pool_sizes", "must have an entry", pool_sizes);
  for (const int64_t size : pool_sizes) {
    require(size >= 1 && size <= 64, where + ".pool_sizes", "must be from 1 to 64 each", pool_sizes);
  }
}

UperNetHead::UperNetHead(const UperNetHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                         int64_t num_classes, const std::string&)
    : SegmentationHead(config, feature_info, num_classes), pool_sizes_(config.pool_sizes) {
  const int64_t channels = config.channels, coarsest = feature_info.back().num_channels;
  for (const int64_t size : pool_sizes_) {
    pool_convs_.push_back(register_module("pool_" + std::to_string(size), ConvNorm(coarsest, channels, /*size=*/1)));
  }
  const auto pools = static_cast<int64_t>(pool_sizes_.size());
  pool_fuse_ = register_module("pool_fuse", ConvNorm(coarsest + pools * channels, channels, /*size=*/3));
  auto in_channels = channels_of(feature_info);
  in_channels.back() = channels;
  top_down_ = register_module("top_down", TopDown(in_channels, channels, scales_between()));
  for (size_t i = 0; i + 1 < in_channels.size(); ++i) {
    outputs_.push_back(register_module("output_" + std::to_string(i + 1), ConvNorm(channels, channels, /*size=*/3)));
  }
  const auto maps = static_cast<int64_t>(in_channels.size());
  fuse_ = register_module("fuse", ConvNorm(maps * channels, channels, /*size=*/3));
}

double UperNetHead::count_parameters(const UperNetHeadConfig& config, const std::vector<FeatureInfo>& feature_info,
                                     int64_t num_classes) {
  const int64_t channels = config.channels, coarsest = feature_info.back().num_channels;
  const auto pools = static_cast<int64_t>(config.pool_sizes.size()), maps = static_cast<int64_t>(feature_info.size());
  auto in_channels = channels_of(feature_info);
  in_channels.back() = channels;
  return count_shared_parameters(config, feature_info, num_classes) +
         static_cast<double>(pools) * ConvNormImpl::count_parameters(coarsest, channels, /*size=*/1) +
         ConvNormImpl::count_parameters(coarsest + pools * channels, channels, /*size=*/3) +
         TopDownImpl::count_parameters(in_channels, channels) +
         static_cast<double>(maps - 1) * ConvNormImpl::count_parameters(channels, channels, /*size=*/3) +
         ConvNormImpl::count_parameters(maps * channels, channels, /*size=*/3);
}

torch::Tensor UperNetHead::pool_pyramid(const torch::Tensor& tokens, const torch::Tensor& mass) {
  std::vector<torch::Tensor> parts = {tokens};
  for (size_t i = 0; i < pool_sizes_.size(); ++i) {
    parts.push_back(resize_tokens_like(pool_convs_[i](pool_tokens(tokens, mass, pool_sizes_[i])), tokens));
  }
  return pool_fuse_(torch::cat(parts, 3));
}

torch::Tensor UperNetHead::decode(const std::vector<torch::Tensor>& tokens, const torch::Tensor& last_mass) {
  auto inputs = tokens;
  inputs.back() = pool_pyramid(tokens.back(), last_mass);
  auto maps = top_down_(inputs);
  for (size_t i = 0; i < outputs_.size(); ++i) maps[i] = outputs_[i](maps[i]);
  for (size_t i = 1; i < maps.size(); ++i) maps[i] = resize_tokens_like(maps[i], maps.front(), scale(i, 0));
  return fuse_(torch::cat(maps, 3));
}

}  // namespace multipole
