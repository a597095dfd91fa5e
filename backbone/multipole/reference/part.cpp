#include "backbone/multipole/reference/part.h"

#include <ATen/ATen.h>

#include <limits>

#include "backbone/multipole/quadtree.h"

namespace multipole::reference {
namespace {

constexpr double kNegativeInfinity = -std::numeric_limits<double>::infinity();
// A part is worked off in bands of block rows whose temporaries stay about this large.
constexpr int64_t kBandBytes = int64_t{64} << 20;

// A part in block layout, keys padded by the missing neighbours.
struct BlockPart {
  at::Tensor q, k, v, key_offset;
};

BlockPart make_blocks(const Part& part) {
  const auto padded = [&](const at::Tensor& sites, double fill) {
    return pad_blocks(to_blocks(sites, part.key_grid, fill), part.key_grid, fill);
  };
  return {to_blocks(part.q, part.query_grid, 0) * part.scale, padded(part.k, 0), padded(part.v, 0),
          padded(part.key_offset, kNegativeInfinity)};
}

int64_t rows_per_band(const Part& part, const BlockPart& blocks) {
  const int64_t keys = part.key_grid.neighbours() * blocks.k.size(4);
  const int64_t per_block = 2 * keys * (blocks.q.size(4) + blocks.k.size(5));
  const int64_t per_row = blocks.q.size(0) * blocks.q.size(1) * blocks.q.size(3) * per_block * blocks.q.element_size();
  return smaller(blocks.q.size(2), larger(1, kBandBytes / larger(1, per_row)));
}

// The tensors of the block rows [first, first + rows): own rows of the queries, neighbourhoods of the keys.
BlockPart gather_band(const Part& part, const BlockPart& blocks, int64_t first, int64_t rows) {
  const int64_t key_rows = rows + 2 * part.key_grid.y.reach;
  const auto gather = [&](const at::Tensor& padded) {
    return gather_neighbours(padded.narrow(2, first, key_rows), part.key_grid);
  };
  return {blocks.q.narrow(2, first, rows), gather(blocks.k), gather(blocks.v), gather(blocks.key_offset)};
}

// Scores (B, heads, rows, blocks_x, Q, keys), seen as (B, heads, rows, blocks_x, A, Q / A, E, keys / E).
at::Tensor split_entries(const at::Tensor& scores, const at::Tensor& pair_table) {
  const int64_t a = pair_table.size(1), e = pair_table.size(2);
  return scores.view(
      {scores.size(0), scores.size(1), scores.size(2), scores.size(3), a, scores.size(4) / a, e, scores.size(5) / e});
}

at::Tensor band_scores(const Part& part, const BlockPart& band) {
  at::Tensor scores = at::matmul(band.q, band.k.transpose(-1, -2));
  const at::Tensor& table = part.pair_table;
  split_entries(scores, table).add_(table.view({1, table.size(0), 1, 1, table.size(1), 1, table.size(2), 1}));
  return scores.add_(band.key_offset.transpose(-1, -2));
}

}  // namespace

Attended attend(const Part& part) {
  const BlockPart blocks = make_blocks(part);
  at::Tensor out = at::empty_like(blocks.q);
  at::Tensor lse = at::empty_like(blocks.q.narrow(-1, 0, 1), at::MemoryFormat::Contiguous);
  const int64_t step = rows_per_band(part, blocks);
  for (int64_t first = 0; first < part.query_grid.y.blocks; first += step) {
    const int64_t rows = smaller(step, part.query_grid.y.blocks - first);
    const BlockPart band = gather_band(part, blocks, first, rows);
    at::Tensor weights = band_scores(part, band);
    // a finite peak, and a positive sum to divide by, keep queries without any key free of NaN
    const at::Tensor peak = weights.amax(-1, true).clamp_min_(-kNoToken);
    weights.sub_(peak).exp_();
    const at::Tensor sum = weights.sum(-1, true);
    lse.narrow(2, first, rows).copy_(sum.log().add_(peak));
    out.narrow(2, first, rows).copy_(at::matmul(weights, band.v).div_(sum.clamp_min(1e-30)));
  }
  return {from_blocks(out, part.query_grid), from_blocks(lse, part.query_grid)};
}

Attended merge(const Attended& a, const Attended& b) {
  const at::Tensor peak = at::maximum(a.lse, b.lse).clamp_min_(-kNoToken);
  const at::Tensor weight_a = (a.lse - peak).exp_(), weight_b = (b.lse - peak).exp_();
  const at::Tensor sum = weight_a + weight_b;
  const at::Tensor divisor = sum.clamp_min(1e-30);
  return {(a.out * (weight_a / divisor)).add_(b.out * (weight_b / divisor)), sum.log().add_(peak)};
}

PartGrads attend_backward(const Part& part, const Upstream& upstream) {
  const BlockPart blocks = make_blocks(part);
  const at::Tensor d_out = to_blocks(upstream.d_out, part.query_grid, 0);
  const at::Tensor lse = to_blocks(upstream.lse, part.query_grid, kNoToken);
  const at::Tensor c = to_blocks(upstream.c, part.query_grid, 0);
  at::Tensor d_q = at::empty_like(blocks.q);
  at::Tensor d_k = at::zeros_like(blocks.k), d_v = at::zeros_like(blocks.v);
  at::Tensor d_offset = at::zeros_like(blocks.k.narrow(5, 0, 1), at::MemoryFormat::Contiguous);
  const at::Tensor& table = part.pair_table;
  at::Tensor d_table = at::zeros({blocks.q.size(1), table.size(1), table.size(2)}, blocks.q.options());

  const int64_t step = rows_per_band(part, blocks);
  for (int64_t first = 0; first < part.query_grid.y.blocks; first += step) {
    const int64_t rows = smaller(step, part.query_grid.y.blocks - first);
    const int64_t key_rows = rows + 2 * part.key_grid.y.reach;
    const BlockPart band = gather_band(part, blocks, first, rows);
    const at::Tensor band_d_out = d_out.narrow(2, first, rows);
    const at::Tensor weights = band_scores(part, band).sub_(lse.narrow(2, first, rows)).exp_();
    at::Tensor band_d_v = d_v.narrow(2, first, key_rows), band_d_k = d_k.narrow(2, first, key_rows);
    at::Tensor band_d_offset = d_offset.narrow(2, first, key_rows);
    scatter_neighbours(at::matmul(weights.transpose(-1, -2), band_d_out), part.key_grid, band_d_v);
    const at::Tensor d_scores =
        at::matmul(band_d_out, band.v.transpose(-1, -2)).sub_(c.narrow(2, first, rows)).mul_(weights);
    d_q.narrow(2, first, rows).copy_(at::matmul(d_scores, band.k));
    scatter_neighbours(at::matmul(d_scores.transpose(-1, -2), band.q), part.key_grid, band_d_k);
    if (part.offset_gradient) scatter_neighbours(d_scores.sum(4).unsqueeze(5), part.key_grid, band_d_offset);
    d_table.add_(split_entries(d_scores, table).sum({0, 2, 3, 5, 7}));
  }
  const auto of_keys = [&](const at::Tensor& padded) {
    return from_blocks(crop_blocks(padded, part.key_grid), part.key_grid);
  };
  return {from_blocks(d_q, part.query_grid).mul_(part.scale), of_keys(d_k), of_keys(d_v), d_table,
          part.offset_gradient ? of_keys(d_offset) : at::Tensor()};
}

}  // namespace multipole::reference
