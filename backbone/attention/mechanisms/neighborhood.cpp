#include "backbone/attention/mechanisms/neighborhood.h"

#include <algorithm>

#include "backbone/attention/mechanisms/neighborhood_axis.h"
#include "backbone/attention/softmax_attention.h"
#include "backbone/layers/init.h"

namespace multipole {
namespace {

torch::Tensor index_tensor(const std::vector<int64_t>& index, const torch::Tensor& like) {
  return torch::tensor(index, torch::kInt64).to(like.device());
}

// (B, H, W, heads, d) -> (B, tiles_y, tiles_x, heads, rows * columns, d) with the tokens that the tables name.
torch::Tensor gather(const torch::Tensor& x, const std::vector<int64_t>& rows, const std::vector<int64_t>& columns,
                     const NeighborhoodAxis& y, const NeighborhoodAxis& x_axis) {
  const auto tokens = x.index_select(1, index_tensor(rows, x)).index_select(2, index_tensor(columns, x));
  return tokens
      .view({x.size(0), y.num_tiles, -1, x_axis.num_tiles, tokens.size(2) / x_axis.num_tiles, x.size(3), x.size(4)})
      .permute({0, 1, 3, 5, 2, 4, 6})
      .flatten(4, 5);
}

// The bias of every score (tiles_y, tiles_x, heads, queries, keys): -inf where a key is unseen. Without a table, seen
// keys get 0.
torch::Tensor score_bias(const torch::Tensor& table, const torch::Tensor& like, const NeighborhoodAxis& y,
                         const NeighborhoodAxis& x, int64_t side) {
  const auto view_y = index_tensor(y.offset, like).view({y.num_tiles, 1, y.tile, 1, y.keys, 1});
  const auto view_x = index_tensor(x.offset, like).view({1, x.num_tiles, 1, x.tile, 1, x.keys});
  const auto unseen = view_y.lt(0).logical_or(view_x.lt(0)).flatten(4, 5).flatten(2, 3).unsqueeze(2);
  if (!table.defined()) return torch::zeros(unseen.sizes(), like.options()).masked_fill_(unseen, kMasked);
  const auto entry = (view_y.clamp_min(0) * side + view_x.clamp_min(0)).flatten(4, 5).flatten(2, 3);
  const auto sizes = entry.sizes();
  return table.flatten(1)
      .index_select(1, entry.flatten())
      .view({table.size(0), sizes[0], sizes[1], sizes[2], sizes[3]})
      .permute({1, 2, 0, 3, 4})
      .masked_fill(unseen, kMasked);
}

}  // namespace

void NeighborhoodConfig::validate(const std::string& where) const {
  require(kernel >= 1 && kernel <= 63 && kernel % 2 == 1, where + ".kernel", "must be odd and from 1 to 63", kernel);
  require(dilation >= 1 && dilation <= 64, where + ".dilation", "must be from 1 to 64", dilation);
  validate_projection(where);
}

NeighborhoodAttention::NeighborhoodAttention(const NeighborhoodConfig& config, const AttentionShape& shape)
    : ProjectedAttention(config, shape), config_(config) {
  const int64_t side = 2 * config.kernel - 1;
  if (config.bias) bias_ = register_parameter("bias", trunc_normal_(torch::empty({shape.num_heads, side, side})));
}

double NeighborhoodAttention::count_parameters(const NeighborhoodConfig& config, const AttentionShape& shape) {
  const int64_t side = 2 * config.kernel - 1;
  return ProjectedAttention::count_parameters(config, shape) +
         (config.bias ? static_cast<double>(shape.num_heads * side * side) : 0);
}

torch::Tensor NeighborhoodAttention::mix(const ProjectedTokens& tokens) {
  const int64_t height = tokens.q.size(1), width = tokens.q.size(2), kernel = config_.kernel;
  // tiles about as wide as the kernel: fewer keys are masked with small ones, fewer are gathered twice with large ones
  const int64_t tile = std::max<int64_t>(1, kernel / 2 + 1);
  const NeighborhoodAxis y(height, kernel, dilation(), tile), x(width, kernel, dilation(), tile);
  const auto q = gather(tokens.q, y.query, x.query, y, x);
  const auto k = gather(tokens.k, y.key, x.key, y, x), v = gather(tokens.v, y.key, x.key, y, x);
  const auto out = softmax_attention(q, k, v, score_bias(bias_, q, y, x, 2 * kernel - 1));
  // (B, tiles_y, tiles_x, heads, tile * tile, d) back to rows and columns in the order of the tables, then of the grid
  return out.view({out.size(0), y.num_tiles, x.num_tiles, out.size(3), tile, tile, out.size(5)})
      .permute({0, 1, 4, 2, 5, 3, 6})
      .flatten(3, 4)
      .flatten(1, 2)
      .index_select(1, index_tensor(y.position, q))
      .index_select(2, index_tensor(x.position, q));
}

AttentionCost NeighborhoodAttention::mixing_cost(int64_t height, int64_t width) const {
  const auto tokens = static_cast<double>(height * width);
  const auto along = [&](int64_t size) {
    return static_cast<double>(std::min(config_.kernel, (size + dilation() - 1) / dilation()));
  };
  return softmax_attention_cost(tokens, along(height) * along(width), tokens, static_cast<double>(shape().embed_dim));
}

}  // namespace multipole
