#include "backbone/multipole/upward/upward_pass.h"

#include <ATen/ATen.h>

#include "backbone/multipole/quadtree.h"
#include "backbone/multipole/upward/subcells.h"

namespace multipole {
namespace {

at::Tensor as_weights(const at::Tensor& basis) { return basis.to(at::kFloat).contiguous(); }

at::Tensor as_rows(const at::Tensor& x) { return x.stride(-1) == 1 ? x : x.contiguous(); }

// Sums of the tokens and then of each level's cells, not yet divided by the real share of their sub-cell.
class UpwardPass2d {
 public:
  UpwardPass2d(const Summarize2dArgs& args, const CellSums& sums)
      : args_(args), sums_(sums), x_(as_rows(args.x).unsqueeze(3)) {
    weights_.push_back(as_weights(args.token_basis).unsqueeze(3));
    for (const at::Tensor& merge : args.merge_basis) weights_.push_back(as_weights(merge));
    for (const at::Tensor& weights : weights_) raw_.push_back(sums_.forward(raw_.empty() ? x_ : raw_.back(), weights));
  }

  std::vector<at::Tensor> summaries() const {
    std::vector<at::Tensor> out;
    for (size_t l = 0; l < raw_.size(); ++l) {
      const at::Tensor sums = all_whole(l) ? raw_[l] : raw_[l].mul(inverse_share(l));
      out.push_back(sums.to(args_.x.scalar_type()));
    }
    return out;
  }

  Summarize2dGrads backward(const std::vector<at::Tensor>& d_summaries) const {
    Summarize2dGrads grads;
    grads.merge_basis.resize(args_.merge_basis.size());
    at::Tensor d_above;  // gradient that reaches a level's sums through the coarser levels
    for (size_t l = raw_.size(); l-- > 0;) {
      at::Tensor d_raw = d_summaries[l].to(at::kFloat).mul(inverse_share(l));
      if (d_above.defined()) d_raw.add_(d_above);
      const CellSumGrads cell = sums_.backward(l == 0 ? x_ : raw_[l - 1], weights_[l], d_raw.contiguous());
      d_above = cell.x;
      if (l > 0) {
        grads.merge_basis[l - 1] = cell.weights.to(args_.merge_basis[l - 1].scalar_type());
      } else {
        grads.x = cell.x.squeeze(3);
        grads.token_basis = cell.weights.squeeze(3).to(args_.token_basis.scalar_type());
      }
    }
    return grads;
  }

 private:
  // No cell of a level reaches over the border: every share is 1.
  bool all_whole(size_t l) const {
    const int64_t side = level_side(static_cast<int64_t>(l) + 1, args_.cell);
    return args_.x.size(1) % side == 0 && args_.x.size(2) % side == 0;
  }

  // (Hl, Wl, p, 1); 0 where a sub-cell holds no token
  at::Tensor inverse_share(size_t l) const {
    const reference::SubcellGrid grid{args_.x.size(1), args_.x.size(2), args_.cell,
                                      subcells_per_side(args_.token_basis.size(0))};
    const auto counts = reference::subcell_counts(grid, static_cast<int64_t>(l) + 1, at::TensorOptions(at::kFloat));
    return at::where(counts.mass > 0, counts.full / counts.mass, at::zeros_like(counts.mass)).unsqueeze(-1);
  }

  const Summarize2dArgs& args_;
  const CellSums& sums_;
  at::Tensor x_;
  std::vector<at::Tensor> weights_, raw_;
};

// (B, n, C) as a grid of one row, and a basis (p, width, C) as weights of its cells.
at::Tensor as_grid(const at::Tensor& x) { return as_rows(x).unsqueeze(1).unsqueeze(3); }
at::Tensor as_grid_weights(const at::Tensor& basis) { return as_weights(basis).unsqueeze(1).unsqueeze(3); }

}  // namespace

std::vector<at::Tensor> summarize2d_forward(const Summarize2dArgs& args, const CellSums& sums) {
  return UpwardPass2d(args, sums).summaries();
}

Summarize2dGrads summarize2d_backward(const Summarize2dArgs& args, const std::vector<at::Tensor>& d_summaries,
                                      const CellSums& sums) {
  return UpwardPass2d(args, sums).backward(d_summaries);
}

std::vector<at::Tensor> summarize1d_forward(const Summarize1dArgs& args, const CellSums& sums) {
  std::vector<at::Tensor> out;
  for (const at::Tensor& basis : args.basis) {
    out.push_back(sums.forward(as_grid(args.x), as_grid_weights(basis)).squeeze(1).to(args.x.scalar_type()));
  }
  return out;
}

Summarize1dGrads summarize1d_backward(const Summarize1dArgs& args, const std::vector<at::Tensor>& d_summaries,
                                      const CellSums& sums) {
  Summarize1dGrads grads;
  grads.x = at::zeros_like(args.x, at::MemoryFormat::Contiguous);
  for (size_t l = 0; l < args.basis.size(); ++l) {
    const at::Tensor d_out = d_summaries[l].to(at::kFloat).contiguous().unsqueeze(1);
    const CellSumGrads cell = sums.backward(as_grid(args.x), as_grid_weights(args.basis[l]), d_out);
    grads.x.add_(cell.x.squeeze(3).squeeze(1));
    grads.basis.push_back(cell.weights.squeeze(3).squeeze(1).to(args.basis[l].scalar_type()));
  }
  return grads;
}

}  // namespace multipole
