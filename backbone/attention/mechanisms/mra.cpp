#include "backbone/attention/mechanisms/mra.h"

#include <algorithm>

#include "backbone/attention/softmax_attention.h"
#include "backbone/attention/window_partition.h"

namespace multipole {
namespace {

// The cells `chosen` (B, heads, cells, blocks) of x (B, heads, cells, tokens, d) -> (B, heads, cells, blocks * tokens,
// d)
torch::Tensor gather_cells(const torch::Tensor& x, const torch::Tensor& chosen) {
  const auto index = chosen.flatten(2).unsqueeze(-1).unsqueeze(-1).expand({-1, -1, -1, x.size(3), x.size(4)});
  return x.gather(2, index).view({x.size(0), x.size(1), chosen.size(2), chosen.size(3) * x.size(3), x.size(4)});
}

}  // namespace

void MraConfig::validate(const std::string& where) const {
  require(cell >= 1 && cell <= 64, where + ".cell", "must be from 1 to 64 tokens", cell);
  require(blocks >= 1 && blocks <= 65536, where + ".blocks", "must be from 1 to 65536", blocks);
  validate_projection(where);
}

MraAttention::MraAttention(const MraConfig& config, const AttentionShape& shape)
    : ProjectedAttention(config, shape), config_(config) {}

torch::Tensor MraAttention::mix(const ProjectedTokens& tokens) {
  const WindowPartition cells(tokens.q.size(1), tokens.q.size(2), config_.cell);
  const auto split = [&](const torch::Tensor& x) { return cells.split(x).permute({0, 3, 1, 2, 4}); };
  const auto q = split(tokens.q), k = split(tokens.k), v = split(tokens.v);  // (B, heads, cells, tokens, head_dim)
  const auto mass = cells.real_tokens(q.options()).sum(-1);                  // (cells)
  const auto mean = [&](const torch::Tensor& x) { return x.sum(3) / mass.unsqueeze(-1); };
  const auto coarse = scaled_scores(mean(q), mean(k)) + mass.log();  // (B, heads, query cells, key cells)

  const int64_t blocks = std::min(config_.blocks, cells.num_windows());
  const auto chosen = std::get<1>(coarse.detach().topk(blocks, -1));
  const auto mask = cells.key_mask(q.options());
  const auto fine_mask =
      mask.index_select(0, chosen.flatten()).view({chosen.size(0), chosen.size(1), chosen.size(2), 1, -1});
  const auto fine = scaled_scores(q, gather_cells(k, chosen)) + fine_mask;  // (B, heads, cells, tokens, seen tokens)
  // a cell that is seen token by token is not seen as a mean as well
  const auto rest = coarse.scatter(-1, chosen, kMasked).unsqueeze(3).expand({-1, -1, -1, q.size(3), -1});
  const auto weights =
      torch::softmax(torch::cat({fine, rest}, -1), -1).split_with_sizes({fine.size(-1), rest.size(-1)}, -1);
  const auto out = torch::matmul(weights[0], gather_cells(v, chosen)) + torch::matmul(weights[1], mean(v).unsqueeze(2));
  return cells.join(out.permute({0, 2, 3, 1, 4}));
}

AttentionCost MraAttention::mixing_cost(int64_t height, int64_t width) const {
  const WindowPartition partition(height, width, config_.cell);
  const auto cells = static_cast<double>(partition.num_windows()), embed_dim = static_cast<double>(shape().embed_dim);
  const double size = static_cast<double>(config_.cell * config_.cell), tokens = cells * size;
  const double fine = size * static_cast<double>(std::min(config_.blocks, partition.num_windows()));
  // coarse scores once a pair of cells, coarse values once a token and cell, the chosen cells token by token
  return AttentionCost{2 * cells * cells * embed_dim + 2 * tokens * cells * embed_dim, 12 * cells * embed_dim} +
         softmax_attention_cost(tokens, fine, tokens, embed_dim);
}

}  // namespace multipole
