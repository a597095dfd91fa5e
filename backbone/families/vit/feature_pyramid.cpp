#include "backbone/families/vit/feature_pyramid.h"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/normalization.h>

#include <algorithm>
#include <limits>
#include <string>

#include "backbone/families/vit/vit_config.h"
#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"

namespace multipole {
namespace {

constexpr int64_t kFinestStride = 4;

int64_t halved(int64_t channels) { return std::max<int64_t>(1, channels / 2); }

// How often the patch is halved for the map of this stride.
int64_t doublings(int64_t patch_size, int64_t stride) {
  int64_t count = 0;
  for (; stride < patch_size; stride *= 2) ++count;
  return count;
}

// Twice as fine so many times, with half the channels each time; a norm and a GELU between two.
class UpscaleImpl : public torch::nn::Module {
 public:
  UpscaleImpl(int64_t channels, int64_t steps, double norm_eps) {
    for (int64_t step = 0; step < steps; ++step) {
      if (step > 0) {
        norms_.push_back(register_module("norm" + std::to_string(step), make_layer_norm(channels, norm_eps)));
      }
      convs_.push_back(register_module(
          "conv" + std::to_string(step),
          torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(channels, halved(channels), 2).stride(2))));
      channels = halved(channels);
    }
  }

  torch::Tensor forward(torch::Tensor map) {
    for (size_t step = 0; step < convs_.size(); ++step) {
      if (step > 0) map = torch::gelu(norms_[step - 1](map.permute({0, 2, 3, 1}))).permute({0, 3, 1, 2});
      map = convs_[step](map);
    }
    return map;
  }

 private:
  std::vector<torch::nn::ConvTranspose2d> convs_;
  std::vector<torch::nn::LayerNorm> norms_;
};

}  // namespace

std::vector<FeatureInfo> feature_pyramid_info(int64_t embed_dim, int64_t patch_size) {
  int64_t stride = patch_size;
  while (stride % 2 == 0 && stride / 2 >= kFinestStride) stride /= 2;
  std::vector<FeatureInfo> info;
  for (int64_t map = 0; map < kVitMaps; ++map, stride *= 2) {
    int64_t channels = embed_dim;
    for (int64_t step = doublings(patch_size, stride); step > 0; --step) channels = halved(channels);
    info.push_back({.num_channels = channels, .stride = stride});
  }
  return info;
}

FeaturePyramidImpl::FeaturePyramidImpl(int64_t embed_dim, int64_t patch_size, double norm_eps)
    : patch_size_(patch_size), info_(feature_pyramid_info(embed_dim, patch_size)) {
  maps_ = register_module("maps", torch::nn::ModuleList());
  for (const auto& info : info_) {
    maps_->push_back(std::make_shared<UpscaleImpl>(embed_dim, doublings(patch_size, info.stride), norm_eps));
  }
}

double FeaturePyramidImpl::count_parameters(int64_t embed_dim, int64_t patch_size) {
  double parameters = 0;
  for (const auto& info : feature_pyramid_info(embed_dim, patch_size)) {
    int64_t channels = embed_dim;
    const int64_t steps = doublings(patch_size, info.stride);
    for (int64_t step = 0; step < steps; ++step) {
      if (step > 0) parameters += layer_norm_parameters(channels);
      parameters += linear_parameters(4 * channels, halved(channels));
      channels = halved(channels);
    }
  }
  return parameters;
}

std::vector<torch::Tensor> FeaturePyramidImpl::forward(const std::vector<torch::Tensor>& grids, int64_t height,
                                                       int64_t width, const FeaturePyramidMasses& masses) {
  const auto filled = [](const torch::Tensor& map, const torch::Tensor& mass, double value) {
    return mass.defined() ? map.masked_fill(mass.le(0).unsqueeze(1), value) : map;
  };
  std::vector<torch::Tensor> maps;
  for (size_t i = 0; i < info_.size(); ++i) {
    const int64_t stride = info_[i].stride, pooled = std::max<int64_t>(1, stride / patch_size_);
    auto map = maps_[i]->as<UpscaleImpl>()->forward(grids[i]);
    if (pooled > 1) {
      // masked tokens are no maximum, as what lies beyond the border is none
      map = filled(map, masses.tokens, -std::numeric_limits<double>::infinity());
      map = torch::max_pool2d(map, pooled, pooled, 0, 1, /*ceil_mode=*/true);
    }
    map = map.slice(2, 0, (height + stride - 1) / stride).slice(3, 0, (width + stride - 1) / stride);
    if (!masses.maps.empty()) map = filled(map, masses.maps[i], 0);
    maps.push_back(map.contiguous(torch::MemoryFormat::ChannelsLast));
  }
  return maps;
}

double FeaturePyramidImpl::flops(double tokens) const {
  double flops = 0;
  for (const auto& parameter : named_parameters()) {
    if (parameter->dim() < 4) continue;
    const std::string& name = parameter.key();
    const int64_t step = name[name.rfind(".weight") - 1] - '0';  // that many times finer already
    flops += 2 * tokens * static_cast<double>(int64_t{1} << (2 * step)) * static_cast<double>(parameter->numel());
  }
  return flops;
}

}  // namespace multipole
