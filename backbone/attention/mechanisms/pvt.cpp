#include "backbone/attention/mechanisms/pvt.h"

#include <utility>

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"
#include "backbone/layers/token_mass.h"

namespace multipole {

void PvtConfig::validate(const std::string& where) const {
  require(reduction >= 1 && reduction <= 64, where + ".reduction", "must be from 1 to 64", reduction);
  require(norm_eps > 0, where + ".norm_eps", "must be positive", norm_eps);
  require(partial_patches == "pad" || partial_patches == "drop", where + ".partial_patches", "must be pad or drop",
          partial_patches);
  validate_projection(where);
}

PvtAttention::PvtAttention(const PvtConfig& config, const AttentionShape& shape) : config_(config), shape_(shape) {
  const int64_t embed_dim = shape.embed_dim;
  q_ = register_module("q", Linear(embed_dim, embed_dim, config.qkv_bias));
  kv_ = register_module("kv", Linear(embed_dim, 2 * embed_dim, config.qkv_bias));
  if (config.reduction > 1) {
    reduce_ = register_module("reduce", Linear(config.reduction * config.reduction * embed_dim, embed_dim));
    norm_ = register_module("norm", make_layer_norm(embed_dim, config.norm_eps));
  }
  proj_ = register_module("proj", Linear(embed_dim, embed_dim));
}

double PvtAttention::count_parameters(const PvtConfig& config, const AttentionShape& shape) {
  const int64_t embed_dim = shape.embed_dim;
  double parameters = linear_parameters(embed_dim, embed_dim, config.qkv_bias) +
                      linear_parameters(embed_dim, 2 * embed_dim, config.qkv_bias) +
                      linear_parameters(embed_dim, embed_dim);
  if (config.reduction > 1) {
    parameters += linear_parameters(config.reduction * config.reduction * embed_dim, embed_dim) +
                  layer_norm_parameters(embed_dim);
  }
  return parameters;
}

torch::Tensor PvtAttention::forward(torch::Tensor x) { return attend(std::move(x), {}); }

torch::Tensor PvtAttention::forward_masked(torch::Tensor x, const torch::Tensor& token_mass) {
  return attend(std::move(x), token_mass);
}

torch::Tensor PvtAttention::attend(torch::Tensor x, const torch::Tensor& token_mass) {
  x = zero_masked(std::move(x), token_mass);
  const auto sizes = x.sizes().vec();
  const int64_t batch = sizes[0], heads = shape_.num_heads, head_dim = shape_.embed_dim / heads;
  const auto q = q_(x).view({batch, -1, heads, head_dim}).transpose(1, 2);
  const auto kv = kv_(reduce(x)).view({batch, -1, 2, heads, head_dim}).permute({2, 0, 3, 1, 4}).unbind(0);
  x.reset();  // let go of before the sums take memory
  const auto out = torch::scaled_dot_product_attention(q, kv[0], kv[1], key_bias(token_mass, q.scalar_type()));
  return zero_masked(torch::dropout(proj_(out.transpose(1, 2).reshape(sizes)), config_.proj_drop, is_training()),
                     token_mass);
}

std::optional<torch::Tensor> PvtAttention::key_bias(const torch::Tensor& token_mass, torch::ScalarType type) const {
  if (!token_mass.defined()) return std::nullopt;
  const WindowPartition patches = patches_of(token_mass.size(1), token_mass.size(2));
  const auto kept = token_mass.narrow(1, 0, patches.height()).narrow(2, 0, patches.width());
  return mass_bias(patches.split(kept).amax(-1)).unsqueeze(1).unsqueeze(1).to(type);
}

// The patches that become keys; those left out lie below and to the right.
WindowPartition PvtAttention::patches_of(int64_t height, int64_t width) const {
  const int64_t size = config_.reduction;
  const auto kept = [&](int64_t side) {
    return config_.partial_patches == "drop" && side > size ? side / size * size : side;
  };
  return {kept(height), kept(width), size};
}

// (B, H, W, C) -> (B, patches, C): a convolution whose stride is its kernel, as one product.
torch::Tensor PvtAttention::reduce(const torch::Tensor& x) {
  if (config_.reduction == 1) return x.flatten(1, 2);
  const WindowPartition patches = patches_of(x.size(1), x.size(2));
  const auto kept = x.narrow(1, 0, patches.height()).narrow(2, 0, patches.width());
  return norm_(reduce_(patches.split(kept).flatten(2)));
}

AttentionCost PvtAttention::cost(int64_t height, int64_t width) const {
  const auto tokens = static_cast<double>(height * width), embed_dim = static_cast<double>(shape_.embed_dim);
  const WindowPartition patches = patches_of(height, width);
  const auto keys = static_cast<double>(patches.num_windows());
  const double patch = static_cast<double>(config_.reduction * config_.reduction) * embed_dim;
  AttentionCost cost = linear_cost(tokens, embed_dim, embed_dim) + linear_cost(keys, embed_dim, 2 * embed_dim) +
                       softmax_attention_cost(tokens, keys, keys, embed_dim) +
                       linear_cost(tokens, embed_dim, embed_dim);
  if (config_.reduction > 1) cost += linear_cost(keys, patch, embed_dim);
  return cost;
}

}  // namespace multipole
