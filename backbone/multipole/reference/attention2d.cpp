#include "backbone/multipole/reference/attention2d.h"

#include <ATen/ATen.h>

#include <limits>

#include "backbone/multipole/quadtree.h"
#include "backbone/multipole/reference/compute_dtype.h"
#include "backbone/multipole/reference/extra_keys.h"
#include "backbone/multipole/reference/pair_table.h"
#include "backbone/multipole/reference/part.h"
#include "backbone/multipole/upward/subcells.h"

namespace multipole::reference {
namespace {

// A part together with what its bias gradient needs.
struct BiasedPart {
  Part part;
  PairRelation relation;
};

// The arguments in the dtype of the computation, and the parts of the joint softmax over them.
class Problem {
 public:
  explicit Problem(const Attention2dArgs& args)
      : args_{to_compute(args.q),
              to_compute(args.k),
              to_compute(args.v),
              to_compute(args.k_far),
              to_compute(args.v_far),
              to_compute(args.q_far),
              to_compute(args.near_bias),
              to_compute(args.far_bias),
              args.cell,
              args.scale,
              to_compute(args.k_extra),
              to_compute(args.v_extra),
              args.token_mass,
              args.far_mass},
        height_(args.q.size(1)),
        width_(args.q.size(2)) {}

  int64_t levels() const { return static_cast<int64_t>(args_.k_far.size()); }
  bool shares_queries() const { return !args_.q_far.empty(); }
  bool has_near_bias() const { return args_.near_bias.defined(); }
  bool has_far_bias() const { return !args_.far_bias.empty(); }
  bool has_token_mass() const { return args_.token_mass.defined(); }
  bool has_far_mass() const { return !args_.far_mass.empty(); }
  bool has_extra() const { return args_.k_extra.defined(); }
  at::Device device() const { return args_.q.device(); }
  ExtraKeys extra() const { return {args_.q, args_.k_extra, args_.v_extra, args_.scale}; }

  // Side of a cell's s x s sub-cells.
  int64_t subcell_side() const { return subcells_per_side(args_.k_far.front().size(3)); }
  SubcellStep step_to(int64_t level) const { return SubcellStep(subcells(), level, device()); }

  BiasedPart near() const {
    const int64_t cell = args_.cell;
    const BlockGrid grid = {make_block_axis(height_, level_cells(1, height_, cell), 1, cell),
                            make_block_axis(width_, level_cells(1, width_, cell), 1, cell)};
    const PairRelation relation = near_relation(grid, cell, false, device());
    at::Tensor key_offset = at::zeros({1, height_, width_, 1, 1, 1}, args_.q.options());
    if (has_token_mass()) key_offset = args_.token_mass.clamp_min(0).log().unsqueeze(3).unsqueeze(5);
    Part part = {args_.q.unsqueeze(3),
                 args_.k.unsqueeze(3),
                 args_.v.unsqueeze(3),
                 key_offset,
                 make_pair_table(relation, args_.near_bias, args_.q.options()),
                 grid,
                 grid,
                 args_.scale};
    if (has_token_mass()) use_given_masses(part);
    return {part, relation};
  }

  // Queries are tokens (log-linear) or the summaries of sub-cells (linear).
  BiasedPart far(int64_t level) const {
    const at::Tensor &k = args_.k_far[level - 1], &v = args_.v_far[level - 1];
    const int64_t rows = k.size(1), columns = k.size(2), side = level_side(level, args_.cell);
    const BlockGrid key_grid = {make_block_axis(rows, rows, 2, 1), make_block_axis(columns, columns, 2, 1)};
    const BlockGrid token_grid = {make_block_axis(height_, rows, 2, side), make_block_axis(width_, columns, 2, side)};
    const PairRelation relation = far_relation(key_grid, false, device());
    const at::Tensor bias = has_far_bias() ? args_.far_bias[level - 1] : at::Tensor();
    Part part = {shares_queries() ? args_.q_far[level - 1] : args_.q.unsqueeze(3),
                 k,
                 v,
                 log_masses(level),
                 make_pair_table(relation, bias, args_.q.options()),
                 shares_queries() ? key_grid : token_grid,
                 key_grid,
                 args_.scale};
    if (has_far_mass()) use_given_masses(part);
    return {part, relation};
  }

  at::Tensor near_bias_grad(const BiasedPart& near, const PartGrads& grads) const {
    return has_near_bias() ? pair_table_backward(near.relation, grads.pair_table, args_.near_bias) : at::Tensor();
  }
  at::Tensor far_bias_grad(const BiasedPart& far, const PartGrads& grads, int64_t level) const {
    return pair_table_backward(far.relation, grads.pair_table, args_.far_bias[level - 1]);
  }
  // The gradient of a mass from that of its logarithm.
  at::Tensor token_mass_grad(const PartGrads& near) const {
    return (near.key_offset.squeeze(5).squeeze(3) / args_.token_mass).masked_fill_(args_.token_mass.le(0), 0);
  }

 private:
  // What a summary's scores get, as Part::key_offset: (1 or B, Hl, Wl, p, 1 or heads, 1).
  at::Tensor log_masses(int64_t level) const {
    if (has_far_mass()) return args_.far_mass[level - 1].unsqueeze(5);
    return subcell_counts(subcells(), level, args_.q.options()).mass.log().unsqueeze(0).unsqueeze(4).unsqueeze(5);
  }
  // A part whose key offsets are masses that were given: they have gradients, and the keys and values that they take
  // out may be NaN.
  static void use_given_masses(Part& part) {
    part.offset_gradient = true;
    const at::Tensor masked = part.key_offset.eq(-std::numeric_limits<double>::infinity());
    part.k = part.k.masked_fill(masked, 0);
    part.v = part.v.masked_fill(masked, 0);
  }
  SubcellGrid subcells() const { return {height_, width_, args_.cell, subcell_side()}; }

  Attention2dArgs args_;
  int64_t height_, width_;
};

// The far levels of the linear variant, coarse to fine (the downward pass): (out, lse) of every token's far field.
Attended attend_shared_far(const Problem& problem) {
  const int64_t side = problem.subcell_side();
  const auto expand = [](const SubcellStep& step, const Attended& coarse) {
    return Attended{step.expand(coarse.out), step.expand(coarse.lse)};
  };
  Attended far;
  for (int64_t level = problem.levels(); level >= 1; --level) {
    const Attended cells = attend(problem.far(level).part);
    const Attended own = {cells_to_subcells(cells.out, side), cells_to_subcells(cells.lse, side)};
    far = level == problem.levels() ? own : merge(own, expand(problem.step_to(level + 1), far));
  }
  return expand(problem.step_to(1), far);
}

// The upstream of coarse sites from that of the fine sites in them; see Upstream.
Upstream coarsen(const SubcellStep& step, const Upstream& fine) {
  const at::Tensor lse = step.min(fine.lse, kNoToken);
  const at::Tensor weight = (step.expand(lse) - fine.lse).exp_();
  return {step.sum(fine.d_out * weight), lse, step.sum(fine.c * weight)};
}

}  // namespace

std::tuple<at::Tensor, at::Tensor> attention2d_forward(const Attention2dArgs& args) {
  const Problem problem(args);
  Attended result = attend(problem.near().part);
  if (problem.shares_queries()) {
    result = merge(result, attend_shared_far(problem));
  } else {
    for (int64_t level = 1; level <= problem.levels(); ++level) {
      result = merge(result, attend(problem.far(level).part));
    }
  }
  if (problem.has_extra()) result = merge(result, attend(problem.extra()));
  return {result.out.squeeze(3).to(args.q.scalar_type()).contiguous(),
          result.lse.squeeze(5).squeeze(3).permute({0, 3, 1, 2}).contiguous()};
}

Attention2dGrads attention2d_backward(const Attention2dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse) {
  const Problem problem(args);
  const auto to_sites = [](const at::Tensor& per_query) {  // (B, heads, H, W) -> (B, H, W, 1, heads, 1)
    return per_query.permute({0, 2, 3, 1}).unsqueeze(3).unsqueeze(5);
  };
  const at::Tensor d_out_sites = to_compute(d_out).unsqueeze(3);
  at::Tensor c = (d_out_sites * to_compute(out).unsqueeze(3)).sum(-1, true);
  if (d_lse.defined()) c.sub_(to_sites(d_lse));
  // a query without any key has no weights
  const at::Tensor finite_lse = lse.masked_fill(lse.eq(-std::numeric_limits<double>::infinity()), kNoToken);
  Upstream upstream = {d_out_sites, to_sites(finite_lse), c};

  const BiasedPart near = problem.near();
  const PartGrads near_grads = attend_backward(near.part, upstream);
  at::Tensor d_q = near_grads.q.squeeze(3);
  Attention2dGrads grads;
  grads.k = near_grads.k.squeeze(3).to(args.k.scalar_type());
  grads.v = near_grads.v.squeeze(3).to(args.v.scalar_type());
  grads.near_bias = problem.near_bias_grad(near, near_grads);
  if (problem.has_token_mass()) grads.token_mass = problem.token_mass_grad(near_grads);
  if (problem.has_extra()) {
    const ExtraKeyGrads extra = attend_backward(problem.extra(), upstream);
    d_q.add_(extra.q);
    grads.k_extra = extra.k.to(args.q.scalar_type());
    grads.v_extra = extra.v.to(args.q.scalar_type());
  }
  for (int64_t level = 1; level <= problem.levels(); ++level) {
    const BiasedPart far = problem.far(level);
    PartGrads far_grads;
    if (problem.shares_queries()) {
      const int64_t side = problem.subcell_side();
      upstream = coarsen(problem.step_to(level), upstream);
      far_grads =
          attend_backward(far.part, {subcells_to_cells(upstream.d_out, side), subcells_to_cells(upstream.lse, side),
                                     subcells_to_cells(upstream.c, side)});
      grads.q_far.push_back(far_grads.q.to(args.q.scalar_type()));
    } else {
      far_grads = attend_backward(far.part, upstream);
      d_q.add_(far_grads.q.squeeze(3));
    }
    grads.k_far.push_back(far_grads.k.to(args.k.scalar_type()));
    grads.v_far.push_back(far_grads.v.to(args.v.scalar_type()));
    if (problem.has_far_mass()) grads.far_mass.push_back(far_grads.key_offset.squeeze(5));
    if (problem.has_far_bias()) {
      grads.far_bias.push_back(problem.far_bias_grad(far, far_grads, level).to(args.q.scalar_type()));
    }
  }
  grads.q = d_q.to(args.q.scalar_type());
  if (grads.near_bias.defined()) grads.near_bias = grads.near_bias.to(args.q.scalar_type());
  return grads;
}

}  // namespace multipole::reference
