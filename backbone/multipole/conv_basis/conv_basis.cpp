#include "backbone/multipole/conv_basis/conv_basis.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "backbone/multipole/conv_basis/conv_basis_search.h"
#include "backbone/multipole/op/argument_checker.h"
#include "backbone/multipole/operators.h"

namespace multipole {
namespace {

// A convolution over this many columns or fewer is a matrix product.
constexpr int64_t kMostColumnsByProduct = 32;

// Weighted values and weights of rows, both times exp(scale): what the log-sum-exp merges.
struct Partial {
  at::Tensor values;   // (rows, d)
  at::Tensor weights;  // (rows, 1)
  at::Tensor scale;    // (rows, 1), no gradient
};

// Row r of a run of columns sums exp(column[r - c]) v[c] over its columns c <= r. column (rows), v (columns, d).
Partial convolve_by_product(const at::Tensor& column, const at::Tensor& v) {
  const int64_t rows = column.size(0), columns = v.size(0);
  const auto index = at::arange(rows, column.options().dtype(at::kLong));
  const at::Tensor lag = index.unsqueeze(1) - index.slice(0, 0, columns).unsqueeze(0);
  const at::Tensor scores = column.index_select(0, lag.clamp_min(0).flatten())
                                .view({rows, columns})
                                .masked_fill(lag.lt(0), -std::numeric_limits<double>::infinity());
  const at::Tensor scale = scores.detach().amax(1, true);
  const at::Tensor weights = (scores - scale).exp();
  return {at::mm(weights, v), weights.sum(1, true), scale};
}

int64_t transform_size(int64_t at_least) {
  int64_t size = 1;
  while (size < at_least) size *= 2;
  return size;
}

Partial convolve_by_transform(const at::Tensor& column, const at::Tensor& v) {
  const int64_t rows = column.size(0), size = transform_size(rows + v.size(0) - 1);
  const at::Tensor peak = column.detach().max();
  const at::Tensor kernel = (column - peak).exp();
  // a channel of ones sums the weights
  const at::Tensor signal = at::cat({v, at::ones({v.size(0), 1}, v.options())}, 1);
  const at::Tensor product = at::fft_rfft(kernel.unsqueeze(1), size, 0) * at::fft_rfft(signal, size, 0);
  const at::Tensor sums = at::fft_irfft(product, size, 0).narrow(0, 0, rows);
  // every row holds one weight of its own at least, so a sum below the smallest is rounding
  const at::Tensor weights = sums.narrow(1, v.size(1), 1).clamp_min(std::numeric_limits<double>::min());
  return {sums.narrow(1, 0, v.size(1)), weights, peak.expand({rows, 1})};
}

Partial merge(const Partial& a, const Partial& b) {
  const at::Tensor scale = at::maximum(a.scale, b.scale);
  const at::Tensor share_a = (a.scale - scale).exp(), share_b = (b.scale - scale).exp();
  return {a.values * share_a + b.values * share_b, a.weights * share_a + b.weights * share_b, scale};
}

at::Tensor below(const at::Tensor& x, int64_t row, const at::Tensor& rows) {
  return row == 0 ? rows : at::cat({x.narrow(0, 0, row), rows}, 0);
}

// One head: q (with the scale in it), k, v (n, d) float64.
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const std::vector<int64_t>& starts) {
  const int64_t tokens = q.size(0);
  Partial sum;
  for (size_t i = 0; i < starts.size(); ++i) {
    const int64_t first = starts[i], end = i + 1 < starts.size() ? starts[i + 1] : tokens;
    const at::Tensor column = score_column(q, k, first), values = v.slice(0, first, end);
    const Partial part = end - first <= kMostColumnsByProduct ? convolve_by_product(column, values)
                                                              : convolve_by_transform(column, values);
    if (i == 0) {
      sum = part;
      continue;
    }
    const Partial rows =
        merge({sum.values.slice(0, first), sum.weights.slice(0, first), sum.scale.slice(0, first)}, part);
    sum = {below(sum.values, first, rows.values), below(sum.weights, first, rows.weights),
           below(sum.scale, first, rows.scale)};
  }
  return sum.values / sum.weights;
}

std::tuple<at::Tensor, at::Tensor> conv_basis_kernel(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                                     double tolerance, int64_t max_basis) {
  const ArgumentChecker check("conv_basis_attention", "q", q);
  check.shape("q", q, {-1, -1, -1, -1}, "(B, n, heads, head_dim)");
  const std::vector<int64_t> sizes = concrete_sizes(q);
  check.shape("k", k, sizes, "(B, n, heads, head_dim)");
  check.shape("v", v, sizes, "(B, n, heads, head_dim)");
  check.require(std::isfinite(tolerance) && tolerance >= 0, "tolerance must be finite and not negative");
  check.require(max_basis >= 0, "max_basis must not be negative");

  const int64_t batch = sizes[0], tokens = sizes[1], heads = sizes[2];
  const at::Tensor scaled = q.to(at::kDouble) * check.scale(std::nullopt, sizes[3]);
  const at::Tensor keys = k.to(at::kDouble), values = v.to(at::kDouble);
  std::vector<at::Tensor> outputs;
  std::vector<std::vector<int64_t>> starts;
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t head = 0; head < heads; ++head) {
      const auto one = [&](const at::Tensor& x) { return x.select(0, b).select(1, head).contiguous(); };
      const at::Tensor head_q = one(scaled), head_k = one(keys);
      {
        const at::NoGradGuard no_grad;
        starts.push_back(find_basis_starts(head_q.detach(), head_k.detach(), tolerance, max_basis));
      }
      outputs.push_back(attend(head_q, head_k, one(values), starts.back()));
    }
  }
  size_t most = 0;
  for (const auto& list : starts) most = std::max(most, list.size());
  at::Tensor basis_sizes = at::zeros({batch, heads, static_cast<int64_t>(most)}, at::kLong);
  auto write = basis_sizes.accessor<int64_t, 3>();
  for (size_t i = 0; i < starts.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    for (size_t j = 0; j < starts[i].size(); ++j) {
      write[row / heads][row % heads][static_cast<int64_t>(j)] = tokens - starts[i][j];
    }
  }
  const at::Tensor out = at::stack(outputs).view({batch, heads, tokens, sizes[3]}).transpose(1, 2).contiguous();
  return {out.to(q.scalar_type()), basis_sizes.to(q.device())};
}

}  // namespace

// Built from differentiable operators, so autograd follows them by itself. How many convolutions there are depends on
// the data, so there is no shape function.
TORCH_LIBRARY_FRAGMENT(multipole, m) {
  m.def(
      "conv_basis_attention(Tensor q, Tensor k, Tensor v, *, float tolerance=0.0, int max_basis=0) -> (Tensor out, "
      "Tensor sizes)",
      conv_basis_kernel);
}

std::tuple<at::Tensor, at::Tensor> conv_basis_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                                        double tolerance, int64_t max_basis) {
  using Signature =
      std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&, const at::Tensor&, double, int64_t);
  static const auto op = find_operator<Signature>("conv_basis_attention");
  return op.call(q, k, v, tolerance, max_basis);
}

}  // namespace multipole
