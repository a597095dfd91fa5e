#include "backbone/attention/projected_attention.h"

#include <utility>

#include "backbone/layers/parameter_count.h"
#include "backbone/layers/token_mass.h"

namespace multipole {

void ProjectionConfig::validate_projection(const std::string& where) const {
  require(proj_drop >= 0 && proj_drop < 1, where + ".proj_drop", "must be in [0, 1)", proj_drop);
}

ProjectedAttention::ProjectedAttention(const ProjectionConfig& config, const AttentionShape& shape)
    : shape_(shape), proj_drop_(config.proj_drop) {
  qkv_ = register_module("qkv", Linear(shape.embed_dim, 3 * shape.embed_dim, config.qkv_bias));
  proj_ = register_module("proj", Linear(shape.embed_dim, shape.embed_dim));
}

double ProjectedAttention::count_parameters(const ProjectionConfig& config, const AttentionShape& shape) {
  return linear_parameters(shape.embed_dim, 3 * shape.embed_dim, config.qkv_bias) +
         linear_parameters(shape.embed_dim, shape.embed_dim);
}

torch::Tensor ProjectedAttention::forward(torch::Tensor x) { return attend(std::move(x), {}); }

torch::Tensor ProjectedAttention::attend(torch::Tensor x, const torch::Tensor& token_mass) {
  const auto sizes = x.sizes().vec();
  x = zero_masked(std::move(x), token_mass);
  auto parts = qkv_(x).view({sizes[0], sizes[1], sizes[2], 3, shape_.num_heads, head_dim()}).unbind(3);
  x.reset();  // each activation is let go of before the next takes memory
  const auto mixed = mix({parts[0], parts[1], parts[2], token_mass});
  parts.clear();
  return zero_masked(torch::dropout(proj_(mixed.reshape(sizes)), proj_drop_, is_training()), token_mass);
}

AttentionCost ProjectedAttention::cost(int64_t height, int64_t width) const {
  const auto tokens = static_cast<double>(height * width), embed_dim = static_cast<double>(shape_.embed_dim);
  return linear_cost(tokens, embed_dim, 3 * embed_dim) + mixing_cost(height, width) +
         linear_cost(tokens, embed_dim, embed_dim);
}

std::vector<std::string> ProjectedAttention::no_weight_decay() const {
  std::vector<std::string> names;
  for (const auto& parameter : named_parameters()) {
    const auto& name = parameter.key();
    const bool is_projection = name.starts_with("qkv.") || name.starts_with("proj.");
    if (!is_projection && parameter.value().dim() > 1) names.push_back(name);
  }
  return names;
}

}  // namespace multipole
