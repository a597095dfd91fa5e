#include "heads/segmentation/top_down.h"

#include <string>
#include <utility>

namespace multipole {

TopDownImpl::TopDownImpl(const std::vector<int64_t>& in_channels, int64_t channels,
                         std::vector<std::optional<double>> scales)
    : scales_(std::move(scales)) {
  for (size_t i = 0; i < in_channels.size(); ++i) {
    laterals_.push_back(
        register_module("lateral_" + std::to_string(i + 1), ConvNorm(in_channels[i], channels, /*size=*/1)));
  }
}

double TopDownImpl::count_parameters(const std::vector<int64_t>& in_channels, int64_t channels) {
  double parameters = 0;
  for (const int64_t count : in_channels) parameters += ConvNormImpl::count_parameters(count, channels, /*size=*/1);
  return parameters;
}

std::vector<torch::Tensor> TopDownImpl::forward(const std::vector<torch::Tensor>& tokens) {
  std::vector<torch::Tensor> maps(tokens.size());
  for (size_t i = tokens.size(); i-- > 0;) {
    maps[i] = laterals_[i](tokens[i]);
    if (i + 1 < tokens.size()) maps[i] = maps[i] + resize_tokens_like(maps[i + 1], maps[i], scales_.at(i));
  }
  return maps;
}

}  // namespace multipole
