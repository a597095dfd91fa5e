#include "backbone/multipole/cuda/cell_sum_pass.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace multipole::cuda {
namespace {

// Partial sums of the weights' gradients: enough threads for a large device, few enough to add up quickly.
constexpr int64_t kMaxChunks = 64;

RowsView view_entries(const at::Tensor& x) {
  return {x.data_ptr(), x.stride(0), x.stride(1), x.stride(2), x.stride(3), 0};
}

CellSumProblem make_problem(const at::Tensor& x, const at::Tensor& weights) {
  CellSumProblem p{};
  p.batch = x.size(0);
  p.height = x.size(1);
  p.width = x.size(2);
  p.entries = x.size(3);
  p.channels = x.size(4);
  p.rank = weights.size(0);
  p.cell_height = weights.size(1);
  p.cell_width = weights.size(2);
  p.rows = ceil_div(p.height, p.cell_height);
  p.columns = ceil_div(p.width, p.cell_width);
  p.x = view_entries(x);
  p.weights = weights.const_data_ptr<float>();
  return p;
}

}  // namespace

at::Tensor KernelCellSums::forward(const at::Tensor& x, const at::Tensor& weights) const {
  CellSumProblem p = make_problem(x, weights);
  const at::Tensor out = at::empty({p.batch, p.rows, p.columns, p.rank, p.channels}, x.options().dtype(at::kFloat));
  p.out = out.data_ptr<float>();
  if (out.numel() > 0) run_forward(x.scalar_type(), p);
  return out;
}

CellSumGrads KernelCellSums::backward(const at::Tensor& x, const at::Tensor& weights, const at::Tensor& d_out) const {
  CellSumProblem p = make_problem(x, weights);
  p.chunks = std::max<int64_t>(1, std::min(kMaxChunks, p.batch * p.rows));
  const at::Tensor d_x = at::empty(x.sizes(), x.options().memory_format(at::MemoryFormat::Contiguous));
  const at::Tensor partial = at::zeros({p.chunks, weights.numel()}, weights.options());
  p.d_out = d_out.const_data_ptr<float>();
  p.d_x = view_entries(d_x);
  p.d_weights = partial.data_ptr<float>();
  if (x.numel() > 0) run_backward(x.scalar_type(), p);
  return {d_x, partial.sum(0).view(weights.sizes())};
}

}  // namespace multipole::cuda
