#include "backbone/multipole/reference/attention1d.h"

#include <ATen/ATen.h>

#include <cmath>

#include "backbone/multipole/quadtree.h"
#include "backbone/multipole/reference/compute_dtype.h"
#include "backbone/multipole/reference/pair_table.h"
#include "backbone/multipole/reference/part.h"

namespace multipole::reference {
namespace {

// (B, n, heads, d) -> one row of tokens (B, 1, n, 1, heads, d).
at::Tensor token_sites(const at::Tensor& x) { return to_compute(x).unsqueeze(1).unsqueeze(3); }

// (B, groups, p, heads, d) -> one row of cells (B, 1, groups, p, heads, d).
at::Tensor group_sites(const at::Tensor& x) { return to_compute(x).unsqueeze(1); }

at::Tensor from_token_sites(const at::Tensor& sites, const at::Tensor& like) {
  return sites.squeeze(3).squeeze(1).to(like.scalar_type());
}

Part near_part(const Attention1dArgs& args) {
  const int64_t tokens = args.q.size(1);
  const BlockGrid grid = {make_block_axis(1, 1, 1, 1),
                          make_block_axis(tokens, ceil_div(tokens, args.group), 1, args.group)};
  const at::Tensor q = token_sites(args.q);
  const PairRelation relation = near_relation(grid, args.group, args.causal, q.device());
  return {q,
          token_sites(args.k),
          token_sites(args.v),
          at::zeros({1, 1, tokens, 1, 1, 1}, q.options()),
          make_pair_table(relation, {}, q.options()),
          grid,
          grid,
          args.scale};
}

Part far_part(const Attention1dArgs& args, int64_t level) {
  const at::Tensor &k = args.k_far[level - 1], &v = args.v_far[level - 1];
  const int64_t groups = k.size(1), rank = k.size(2), width = level_side(level, args.group);
  const BlockAxis row = make_block_axis(1, 1, 1, 1);
  const BlockGrid query_grid = {row, make_block_axis(args.q.size(1), groups, 2, width)};
  const BlockGrid key_grid = {row, make_block_axis(groups, groups, 2, 1)};
  const at::Tensor q = token_sites(args.q);
  const double log_mass = std::log(static_cast<double>(width) / static_cast<double>(rank));
  const PairRelation relation = far_relation(key_grid, args.causal, q.device());
  return {q,
          group_sites(k),
          group_sites(v),
          at::full({1, 1, groups, rank, 1, 1}, log_mass, q.options()),
          make_pair_table(relation, {}, q.options()),
          query_grid,
          key_grid,
          args.scale};
}

int64_t num_levels(const Attention1dArgs& args) { return static_cast<int64_t>(args.k_far.size()); }

}  // namespace

std::tuple<at::Tensor, at::Tensor> attention1d_forward(const Attention1dArgs& args) {
  Attended result = attend(near_part(args));
  for (int64_t level = 1; level <= num_levels(args); ++level) result = merge(result, attend(far_part(args, level)));
  return {from_token_sites(result.out, args.q).contiguous(),
          result.lse.squeeze(5).squeeze(3).squeeze(1).permute({0, 2, 1}).contiguous()};
}

Attention1dGrads attention1d_backward(const Attention1dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse) {
  const auto to_sites = [](const at::Tensor& per_query) {  // (B, heads, n) -> (B, 1, n, 1, heads, 1)
    return per_query.permute({0, 2, 1}).unsqueeze(1).unsqueeze(3).unsqueeze(5);
  };
  const at::Tensor d_out_sites = token_sites(d_out);
  at::Tensor c = (d_out_sites * token_sites(out)).sum(-1, true);
  if (d_lse.defined()) c.sub_(to_sites(d_lse));
  const Upstream upstream = {d_out_sites, to_sites(lse), c};

  const PartGrads near = attend_backward(near_part(args), upstream);
  at::Tensor d_q = near.q;
  Attention1dGrads grads;
  grads.k = from_token_sites(near.k, args.k);
  grads.v = from_token_sites(near.v, args.v);
  for (int64_t level = 1; level <= num_levels(args); ++level) {
    const PartGrads far = attend_backward(far_part(args, level), upstream);
    d_q.add_(far.q);
    grads.k_far.push_back(far.k.squeeze(1).to(args.k.scalar_type()));
    grads.v_far.push_back(far.v.squeeze(1).to(args.v.scalar_type()));
  }
  grads.q = from_token_sites(d_q, args.q);
  return grads;
}

}  // namespace multipole::reference
