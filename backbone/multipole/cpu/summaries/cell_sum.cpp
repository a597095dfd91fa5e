#include "backbone/multipole/cpu/summaries/cell_sum.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "backbone/multipole/cpu/instruction_set.h"
#include "backbone/multipole/quadtree.h"

namespace multipole::cpu {
namespace {

// Partial sums of the weights' gradients: enough for the threads of a large machine, few enough to add up quickly.
constexpr int64_t kChunks = 16;

SummaryView view_entries(const at::Tensor& x) {
  return {x.data_ptr(), x.stride(0), x.stride(1), x.stride(2), x.stride(3), 0};
}

CellSumParams make_params(const at::Tensor& x, const at::Tensor& weights) {
  CellSumParams p{};
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
  p.storage = x.scalar_type() == at::kBFloat16 ? Storage::bfloat16 : Storage::float32;
  p.x = view_entries(x);
  p.weights = weights.const_data_ptr<float>();
  return p;
}

}  // namespace

at::Tensor cell_sum(const at::Tensor& x, const at::Tensor& weights) {
  const KernelTable& kernels = chosen_kernels();
  CellSumParams p = make_params(x, weights);
  const at::Tensor out = at::empty({p.batch, p.rows, p.columns, p.rank, p.channels}, x.options().dtype(at::kFloat));
  p.out = out.data_ptr<float>();
  at::parallel_for(0, p.batch * p.rows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) kernels.cell_sum_row(p, i / p.rows, i % p.rows);
  });
  return out;
}

CellSumGrads cell_sum_backward(const at::Tensor& x, const at::Tensor& weights, const at::Tensor& d_out) {
  const KernelTable& kernels = chosen_kernels();
  const CellSumParams p = make_params(x, weights);
  const int64_t rows = p.batch * p.rows, chunks = std::min(kChunks, rows);
  CellSumGrads grads;
  grads.x = at::empty(x.sizes(), x.options().memory_format(at::MemoryFormat::Contiguous));
  const at::Tensor partial = at::zeros({chunks, weights.numel()}, weights.options());
  CellSumGradParams g{};
  g.d_out = d_out.const_data_ptr<float>();
  g.d_x = view_entries(grads.x);
  g.d_weights = partial.data_ptr<float>();
  at::parallel_for(0, chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      for (int64_t i = chunk * rows / chunks; i < (chunk + 1) * rows / chunks; ++i) {
        kernels.cell_sum_backward_row(p, g, i / p.rows, i % p.rows, chunk);
      }
    }
  });
  grads.weights = at::zeros(weights.sizes(), weights.options());
  for (int64_t chunk = 0; chunk < chunks; ++chunk) grads.weights.view(-1).add_(partial[chunk]);
  return grads;
}

}  // namespace multipole::cpu
