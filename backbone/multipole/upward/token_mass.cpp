#include "backbone/multipole/upward/token_mass.h"

#include <ATen/ATen.h>

#include "backbone/multipole/quadtree.h"
#include "backbone/multipole/upward/subcells.h"

namespace multipole {
namespace {

using reference::cells_to_subcells;
using reference::subcells_to_cells;
using reference::SubcellStep;

reference::SubcellGrid subcell_grid(const MassGrid& grid) {
  return {grid.height, grid.width, grid.cell, subcells_per_side(grid.rank)};
}

MassGrid grid_of(const Attention2dArgs& args) {
  const int64_t levels = static_cast<int64_t>(args.k_far.size());
  return {args.q.size(1), args.q.size(2), args.cell, levels == 0 ? 1 : args.k_far[0].size(3), levels};
}

// One over a mass, 0 where there is none: the gradient of its logarithm.
at::Tensor inverse_mass(const at::Tensor& mass) { return mass.reciprocal().masked_fill_(mass.eq(0), 0); }

bool derives_far_mass(const Attention2dArgs& args) { return args.token_mass.defined() && args.far_mass.empty(); }

}  // namespace

at::Tensor is_taken_out(const at::Tensor& mass) { return mass.le(0); }

std::vector<at::Tensor> sum_masses(const at::Tensor& token_mass, const MassGrid& grid) {
  const reference::SubcellGrid subcells = subcell_grid(grid);
  at::Tensor sites = token_mass.masked_fill(is_taken_out(token_mass), 0).unsqueeze(3).unsqueeze(5);
  std::vector<at::Tensor> sums;
  for (int64_t level = 1; level <= grid.levels; ++level) {
    sites = SubcellStep(subcells, level, token_mass.device()).sum(sites);
    sums.push_back(subcells_to_cells(sites, subcells.side).squeeze(5));
  }
  return sums;
}

at::Tensor sum_masses_backward(const std::vector<at::Tensor>& d_sums, const MassGrid& grid) {
  const reference::SubcellGrid subcells = subcell_grid(grid);
  at::Tensor d_sites;
  for (int64_t level = grid.levels; level >= 1; --level) {
    const at::Tensor own = cells_to_subcells(d_sums[static_cast<size_t>(level) - 1].unsqueeze(5), subcells.side);
    const at::Tensor all = d_sites.defined() ? own + d_sites : own;
    d_sites = SubcellStep(subcells, level, all.device()).expand(all);
  }
  return d_sites.squeeze(5).squeeze(3);
}

Attention2dArgs complete_masses(const Attention2dArgs& args) {
  if (!args.token_mass.defined()) return args;
  Attention2dArgs complete = args;
  if (args.token_mass.dim() == 3) {
    complete.token_mass = args.token_mass.unsqueeze(3).expand({-1, -1, -1, args.q.size(3)});
  }
  if (derives_far_mass(args)) {
    for (const at::Tensor& sum : sum_masses(complete.token_mass, grid_of(args))) complete.far_mass.push_back(sum.log());
  }
  return complete;
}

Attention2dGrads reduce_mass_grads(const Attention2dArgs& args, const Attention2dArgs& complete,
                                   Attention2dGrads grads) {
  if (!args.token_mass.defined()) return grads;
  if (derives_far_mass(args) && !grads.far_mass.empty()) {
    std::vector<at::Tensor> d_sums;
    for (size_t l = 0; l < grads.far_mass.size(); ++l) {
      d_sums.push_back(grads.far_mass[l] * inverse_mass(complete.far_mass[l].exp()));
    }
    const at::Tensor d_mass = sum_masses_backward(d_sums, grid_of(args));
    grads.token_mass = grads.token_mass + d_mass.masked_fill(is_taken_out(complete.token_mass), 0);
    grads.far_mass.clear();
  }
  if (args.token_mass.dim() == 3) grads.token_mass = grads.token_mass.sum(3);
  return grads;
}

namespace {

// The tokens of an upward pass times their masses, in the dtype of masses.
struct WeighedTokens {
  explicit WeighedTokens(const Summarize2dArgs& args)
      : mass(args.token_mass.dim() == 3 ? args.token_mass.unsqueeze(3) : args.token_mass),
        taken_out(is_taken_out(mass)),
        tokens(by_head(args.x)),
        grid{args.x.size(1), args.x.size(2), args.cell, args.token_basis.size(0),
             static_cast<int64_t>(args.merge_basis.size()) + 1} {
    plain.x = (tokens * mass.unsqueeze(4)).masked_fill_(taken_out.unsqueeze(4), 0).flatten(3);
    plain.token_basis = args.token_basis.to(mass.scalar_type());
    for (const at::Tensor& merge : args.merge_basis) plain.merge_basis.push_back(merge.to(mass.scalar_type()));
    plain.cell = args.cell;
    for (const at::Tensor& sum : sum_masses(mass, grid)) {
      const int64_t level = static_cast<int64_t>(inverse_sums.size()) + 1;
      inverse_sums.push_back(inverse_mass(sum));
      const at::Tensor counts = reference::subcell_counts(subcell_grid(grid), level, mass.options()).mass;
      ratios.push_back(counts.unsqueeze(-1) * inverse_sums.back());
    }
  }

  // (..., C) -> (..., heads, C / heads) in the dtype of masses
  at::Tensor by_head(const at::Tensor& x) const { return x.to(mass.scalar_type()).unflatten(-1, {mass.size(3), -1}); }

  at::Tensor mass, taken_out;  // (B, H, W, heads)
  at::Tensor tokens;           // (B, H, W, heads, C / heads)
  MassGrid grid;
  Summarize2dArgs plain;
  std::vector<at::Tensor> inverse_sums;  // by level, (B, Hl, Wl, p, heads)
  std::vector<at::Tensor> ratios;        // likewise: tokens of the sub-cell over their masses
};

}  // namespace

std::vector<at::Tensor> summarize_masses(const Summarize2dArgs& args, const SummarizeForward& forward) {
  const WeighedTokens weighed(args);
  std::vector<at::Tensor> summaries = forward(weighed.plain);
  for (size_t l = 0; l < summaries.size(); ++l) {
    summaries[l] = (weighed.by_head(summaries[l]) * weighed.ratios[l].unsqueeze(5)).flatten(4).to(args.x.scalar_type());
  }
  return summaries;
}

Summarize2dGrads summarize_masses_backward(const Summarize2dArgs& args, const std::vector<at::Tensor>& d_summaries,
                                           const SummarizeForward& forward, const SummarizeBackward& backward) {
  const WeighedTokens weighed(args);
  const std::vector<at::Tensor> plain_summaries = forward(weighed.plain);
  std::vector<at::Tensor> d_plain, d_sums;
  for (size_t l = 0; l < d_summaries.size(); ++l) {
    const at::Tensor d_summary = weighed.by_head(d_summaries[l]);
    d_plain.push_back((d_summary * weighed.ratios[l].unsqueeze(5)).flatten(4));
    const at::Tensor d_ratio = (d_summary * weighed.by_head(plain_summaries[l])).sum(5);
    d_sums.push_back(d_ratio.neg() * weighed.ratios[l] * weighed.inverse_sums[l]);
  }
  Summarize2dGrads grads = backward(weighed.plain, d_plain);
  const at::Tensor d_weighed = weighed.by_head(grads.x), taken_out = weighed.taken_out;
  grads.x = (d_weighed * weighed.mass.unsqueeze(4)).masked_fill_(taken_out.unsqueeze(4), 0).flatten(3);
  grads.x = grads.x.to(args.x.scalar_type());
  grads.token_mass = ((d_weighed * weighed.tokens).sum(4) + sum_masses_backward(d_sums, weighed.grid))
                         .masked_fill_(taken_out, 0)
                         .reshape(args.token_mass.sizes());
  grads.token_basis = grads.token_basis.to(args.token_basis.scalar_type());
  for (at::Tensor& merge : grads.merge_basis) merge = merge.to(args.x.scalar_type());
  return grads;
}

}  // namespace multipole
