#include "backbone/multipole/reference/summarize.h"

#include <ATen/ATen.h>

#include "backbone/multipole/quadtree.h"
#include "backbone/multipole/reference/compute_dtype.h"
#include "backbone/multipole/reference/depthwise.h"
#include "backbone/multipole/upward/subcells.h"

namespace multipole::reference {
namespace {

// (B, Y, X, C) -> (B * rows * columns, side * side, C): cells of side x side entries, zeros where the grid ends.
at::Tensor to_cells(const at::Tensor& x, int64_t side) {
  const int64_t rows = ceil_div(x.size(1), side), columns = ceil_div(x.size(2), side);
  return at::constant_pad_nd(x, {0, 0, 0, columns * side - x.size(2), 0, rows * side - x.size(1)})
      .reshape({x.size(0), rows, side, columns, side, x.size(3)})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({-1, side * side, x.size(3)});
}

// Adjoint of to_cells for an x of `shape`.
at::Tensor from_cells(const at::Tensor& cells, at::IntArrayRef shape, int64_t side) {
  const int64_t rows = ceil_div(shape[1], side), columns = ceil_div(shape[2], side);
  return cells.reshape({shape[0], rows, columns, side, side, shape[3]})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({shape[0], rows * side, columns * side, shape[3]})
      .slice(1, 0, shape[1])
      .slice(2, 0, shape[2]);
}

// Level l's summaries (B, Hl, Wl, p, C) seen as entries of p * C channels in a grid, so that parents are cells of 2
// x 2.
at::Tensor to_pairs(const at::Tensor& raw) {
  return to_cells(raw.flatten(3), 2).reshape({-1, 4 * raw.size(3), raw.size(4)});
}

at::Tensor from_pairs(const at::Tensor& pairs, at::IntArrayRef shape) {
  const int64_t channels = shape[3] * shape[4];
  return from_cells(pairs.reshape({-1, 4, channels}), {shape[0], shape[1], shape[2], channels}, 2).reshape(shape);
}

// The upward pass in the dtype of the computation.
class UpwardPass {
 public:
  explicit UpwardPass(const Summarize2dArgs& args)
      : x_(to_compute(args.x)),
        token_basis_(to_compute(args.token_basis).flatten(1, 2)),
        cell_(args.cell),
        grid_{args.x.size(1), args.x.size(2), args.cell, subcells_per_side(args.token_basis.size(0))} {
    for (const at::Tensor& merge : args.merge_basis) merge_basis_.push_back(to_compute(merge).flatten(1, 3));
    const int64_t rank = token_basis_.size(0), channels = x_.size(3);
    for (int64_t level = 1; level <= levels(); ++level) {
      const at::Tensor sum = level == 1 ? depthwise_sum(to_cells(x_, cell_), token_basis_)
                                        : depthwise_sum(to_pairs(raw_.back()), merge_basis_[level - 2]);
      raw_.push_back(sum.view(
          {x_.size(0), level_cells(level, x_.size(1), cell_), level_cells(level, x_.size(2), cell_), rank, channels}));
    }
  }

  int64_t levels() const { return static_cast<int64_t>(merge_basis_.size()) + 1; }

  // A level's sums divided by the real share of their sub-cell, 0 where none of it is real.
  at::Tensor summaries(int64_t level) const { return raw_[level - 1] * inverse_share(level); }

  Summarize2dGrads backward(const std::vector<at::Tensor>& d_summaries) const {
    Summarize2dGrads grads;
    grads.merge_basis.resize(merge_basis_.size());
    at::Tensor d_raw;
    for (int64_t level = levels(); level >= 1; --level) {
      const at::Tensor own = to_compute(d_summaries[level - 1]) * inverse_share(level);
      if (level < levels()) {
        const DepthwiseGrads merge = depthwise_sum_backward(to_pairs(raw_[level - 1]), merge_basis_[level - 1],
                                                            d_raw.reshape({-1, d_raw.size(3), d_raw.size(4)}));
        grads.merge_basis[level - 1] = merge.weights.reshape({d_raw.size(3), 2, 2, d_raw.size(3), d_raw.size(4)});
        d_raw = from_pairs(merge.entries, raw_[level - 1].sizes()) + own;
      } else {
        d_raw = own;
      }
    }
    const DepthwiseGrads tokens =
        depthwise_sum_backward(to_cells(x_, cell_), token_basis_, d_raw.reshape({-1, d_raw.size(3), d_raw.size(4)}));
    grads.x = from_cells(tokens.entries, x_.sizes(), cell_);
    grads.token_basis = tokens.weights.reshape({d_raw.size(3), cell_, cell_, d_raw.size(4)});
    return grads;
  }

 private:
  // (Hl, Wl, p, 1)
  at::Tensor inverse_share(int64_t level) const {
    const SubcellCounts counts = subcell_counts(grid_, level, x_.options());
    return (counts.full / counts.mass).masked_fill_(counts.mass.eq(0), 0).unsqueeze(-1);
  }

  at::Tensor x_, token_basis_;           // (B, H, W, C), (p, r * r, C)
  std::vector<at::Tensor> merge_basis_;  // (p, 4 * p, C)
  int64_t cell_;
  SubcellGrid grid_;
  std::vector<at::Tensor> raw_;  // a level's sums, not yet divided by the share
};

}  // namespace

std::vector<at::Tensor> summarize2d_forward(const Summarize2dArgs& args) {
  const UpwardPass pass(args);
  std::vector<at::Tensor> summaries;
  for (int64_t level = 1; level <= pass.levels(); ++level) {
    summaries.push_back(pass.summaries(level).to(args.x.scalar_type()));
  }
  return summaries;
}

Summarize2dGrads summarize2d_backward(const Summarize2dArgs& args, const std::vector<at::Tensor>& d_summaries) {
  Summarize2dGrads grads = UpwardPass(args).backward(d_summaries);
  grads.x = grads.x.to(args.x.scalar_type());
  grads.token_basis = grads.token_basis.to(args.token_basis.scalar_type());
  for (at::Tensor& merge : grads.merge_basis) merge = merge.to(args.x.scalar_type());
  return grads;
}

std::vector<at::Tensor> summarize1d_forward(const Summarize1dArgs& args) {
  const at::Tensor x = to_compute(args.x);
  std::vector<at::Tensor> summaries;
  for (const at::Tensor& basis : args.basis) {
    const at::Tensor sum = depthwise_sum(x.reshape({-1, basis.size(1), x.size(2)}), to_compute(basis));
    summaries.push_back(sum.view({x.size(0), -1, basis.size(0), x.size(2)}).to(args.x.scalar_type()));
  }
  return summaries;
}

Summarize1dGrads summarize1d_backward(const Summarize1dArgs& args, const std::vector<at::Tensor>& d_summaries) {
  const at::Tensor x = to_compute(args.x);
  Summarize1dGrads grads;
  at::Tensor d_x = at::zeros_like(x, at::MemoryFormat::Contiguous);
  for (size_t level = 0; level < args.basis.size(); ++level) {
    const at::Tensor& basis = args.basis[level];
    const DepthwiseGrads own =
        depthwise_sum_backward(x.reshape({-1, basis.size(1), x.size(2)}), to_compute(basis),
                               to_compute(d_summaries[level]).reshape({-1, basis.size(0), x.size(2)}));
    d_x.add_(own.entries.reshape(x.sizes()));
    grads.basis.push_back(own.weights.to(basis.scalar_type()));
  }
  grads.x = d_x.to(args.x.scalar_type());
  return grads;
}

}  // namespace multipole::reference
