#include "backbone/families/vit/vit_pooling.h"

#include <optional>

#include "backbone/layers/init.h"
#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"
#include "backbone/layers/token_mass.h"

namespace multipole {
namespace {

MlpShape query_mlp(const VitConfig& config) {
  return {.embed_dim = config.embed_dim,
          .hidden_dim = config.mlp_hidden_dim(),
          .activation = activation_from_name(config.activation, "activation")};
}

}  // namespace

QueryPoolingImpl::QueryPoolingImpl(const VitConfig& config) : num_heads_(config.num_heads) {
  const int64_t embed_dim = config.embed_dim;
  query_ = register_parameter("query", trunc_normal_(torch::empty({embed_dim})));
  q_ = register_module("q", Linear(embed_dim, embed_dim));
  kv_ = register_module("kv", Linear(embed_dim, 2 * embed_dim));
  proj_ = register_module("proj", Linear(embed_dim, embed_dim));
  norm_ = register_module("norm", make_layer_norm(embed_dim, config.norm_eps));
  mlp_ = register_module("mlp", Mlp(query_mlp(config)));
}

double QueryPoolingImpl::count_parameters(const VitConfig& config) {
  const int64_t embed_dim = config.embed_dim;
  return static_cast<double>(embed_dim) + 2 * linear_parameters(embed_dim, embed_dim) +
         linear_parameters(embed_dim, 2 * embed_dim) + layer_norm_parameters(embed_dim) +
         MlpImpl::count_parameters(query_mlp(config));
}

torch::Tensor QueryPoolingImpl::forward(const torch::Tensor& tokens, const torch::Tensor& mass) {
  const int64_t batch = tokens.size(0), embed_dim = tokens.size(2), head_dim = embed_dim / num_heads_;
  const auto query = q_(query_.unsqueeze(0)).view({1, num_heads_, 1, head_dim}).expand({batch, -1, -1, -1});
  const auto kv = kv_(tokens).view({batch, tokens.size(1), 2, num_heads_, head_dim}).permute({2, 0, 3, 1, 4}).unbind(0);
  std::optional<torch::Tensor> bias;
  if (mass.defined()) bias = mass_bias(mass).unsqueeze(1).unsqueeze(1).to(query.scalar_type());
  const auto looked = torch::scaled_dot_product_attention(query, kv[0], kv[1], bias);
  const auto pooled = proj_(looked.reshape({batch, embed_dim}));
  return pooled + mlp_(norm_(pooled));
}

VitPoolingImpl::VitPoolingImpl(const VitConfig& config) : config_(config) {
  if (config.pooling == "attention") attention_ = register_module("attention", QueryPooling(config));
  if (config.pool_norm) norm_ = register_module("norm", make_layer_norm(config.embed_dim, config.norm_eps));
  if (config.projection_dim > 0) {
    projection_ =
        register_module("projection", Linear(config.pooled_dim(), config.projection_dim, /*with_bias=*/false));
  }
}

double VitPoolingImpl::count_parameters(const VitConfig& config) {
  double parameters = 0;
  if (config.pooling == "attention") parameters += QueryPoolingImpl::count_parameters(config);
  if (config.pool_norm) parameters += layer_norm_parameters(config.embed_dim);
  if (config.projection_dim > 0) {
    parameters += linear_parameters(config.pooled_dim(), config.projection_dim, /*with_bias=*/false);
  }
  return parameters;
}

torch::Tensor VitPoolingImpl::forward(const torch::Tensor& tokens, const torch::Tensor& token_mass) {
  auto pooled = pool(tokens, token_mass);
  if (norm_) pooled = norm_(pooled);
  return projection_ ? projection_(pooled) : pooled;
}

torch::Tensor VitPoolingImpl::pool(const torch::Tensor& tokens, const torch::Tensor& token_mass) {
  if (config_.pooling == "class_token") return tokens.select(1, 0);
  if (config_.pooling == "class_and_register_token") return tokens.narrow(1, 0, 2).flatten(1);
  const auto grid = tokens.slice(1, config_.prefix_tokens());
  const auto mass = token_mass.defined() ? token_mass.flatten(1) : token_mass;
  if (config_.pooling == "attention") return attention_(grid, mass);
  const auto mean = mass.defined() ? mean_by_mass(grid.unsqueeze(1), mass.unsqueeze(1)) : grid.mean(1);
  return config_.pooling == "mean" ? mean : torch::cat({tokens.select(1, 0), mean}, 1);
}

}  // namespace multipole
