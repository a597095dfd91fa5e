#include "heads/classification/attention_pooling.h"

#include <cmath>

#include "backbone/layers/init.h"
#include "backbone/layers/parameter_count.h"
#include "backbone/layers/token_mass.h"

namespace multipole {

AttentionPoolingImpl::AttentionPoolingImpl(int64_t embed_dim, int64_t num_heads) : num_heads_(num_heads) {
  query_ = register_parameter("query", trunc_normal_(torch::empty({num_heads, embed_dim / num_heads})));
  // a bias of the keys would shift all scores alike, which softmax does not see
  key_ = register_module("key", Linear(embed_dim, embed_dim, /*with_bias=*/false));
  value_ = register_module("value", Linear(embed_dim, embed_dim));
  proj_ = register_module("proj", Linear(embed_dim, embed_dim));
}

double AttentionPoolingImpl::count_parameters(int64_t embed_dim) {
  return static_cast<double>(embed_dim) + linear_parameters(embed_dim, embed_dim, /*with_bias=*/false) +
         2 * linear_parameters(embed_dim, embed_dim);
}

torch::Tensor AttentionPoolingImpl::forward(const torch::Tensor& map, const torch::Tensor& mass) {
  const int64_t batch = map.size(0), embed_dim = map.size(1), head_dim = embed_dim / num_heads_;
  const auto tokens = map.flatten(2).transpose(1, 2);                   // (B, N, C)
  const auto keys = key_(tokens).unflatten(2, {num_heads_, head_dim});  // (B, N, heads, head_dim)
  const auto values = value_(tokens).unflatten(2, {num_heads_, head_dim});
  const auto query = query_ / std::sqrt(static_cast<double>(head_dim));
  auto scores = torch::einsum("hd,bnhd->bhn", {query, keys});
  if (mass.defined()) scores = scores + mass_bias(mass.flatten(1)).unsqueeze(1).to(scores.scalar_type());
  const auto weights = torch::softmax(scores, -1);
  const auto pooled = torch::einsum("bhn,bnhd->bhd", {weights, values});
  return proj_(pooled.reshape({batch, embed_dim}));
}

}  // namespace multipole
