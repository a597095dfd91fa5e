#include "backbone/attention/mechanisms/linear_attention.h"

namespace multipole {

LinearAttention::LinearAttention(const LinearAttentionConfig& config, const AttentionShape& shape)
    : ProjectedAttention(config, shape) {}

torch::Tensor LinearAttention::mix(const ProjectedTokens& tokens) {
  // (B, heads, tokens, head_dim); sums over thousands of keys stay in float32 at least
  const auto type = tokens.q.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  const auto flat = [&](const torch::Tensor& x) { return x.flatten(1, 2).transpose(1, 2).to(type); };
  const auto feature = [&](const torch::Tensor& x) { return torch::elu(flat(x)) + 1; };
  const auto q = feature(tokens.q), k = feature(tokens.k), v = flat(tokens.v);
  // keys count with their mean, so that the sums do not grow with the grid
  const double share = 1.0 / static_cast<double>(k.size(2));
  const auto state = torch::matmul(k.transpose(2, 3) * share, v);  // (B, heads, head_dim, head_dim)
  const auto total = (q * (k.sum(2, true) * share)).sum(-1, true);
  const auto out = torch::matmul(q, state) / total;
  return out.transpose(1, 2).reshape(tokens.q.sizes()).to(tokens.q.scalar_type());
}

AttentionCost LinearAttention::mixing_cost(int64_t height, int64_t width) const {
  const auto tokens = static_cast<double>(height * width), embed_dim = static_cast<double>(shape().embed_dim);
  // the products k^T v and q (k^T v), and the sum of the keys with its product
  return {4 * tokens * embed_dim * static_cast<double>(head_dim()) + 3 * tokens * embed_dim,
          4 * tokens * 4 * embed_dim};
}

}  // namespace multipole
