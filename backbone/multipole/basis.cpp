#include "backbone/multipole/basis.h"

#include <ATen/ATen.h>

#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

// One axis: the share (s, n) of each of n entries in each of s means, where entry i weighs weights[i] and lies in the
// mean means[i].
at::Tensor mean_weights(const std::vector<int64_t>& means, const std::vector<double>& weights, int64_t s) {
  const int64_t n = static_cast<int64_t>(means.size());
  at::Tensor shares = at::zeros({s, n}, at::kDouble);
  auto out = shares.accessor<double, 2>();
  for (int64_t i = 0; i < n; ++i) out[means[i]][i] = weights[i];
  return shares / shares.sum(1, true);
}

}  // namespace

Basis2d averaging_basis2d(int64_t cell, int64_t rank, int64_t levels, int64_t channels,
                          const c10::TensorOptions& options) {
  const int64_t s = subcells_per_side(rank);
  TORCH_CHECK(s >= 1 && s <= cell, "averaging_basis2d: rank must be a perfect square s * s with s <= cell = ", cell,
              ", got ", rank);
  TORCH_CHECK(levels >= 0 && channels >= 1, "averaging_basis2d: needs levels >= 0 and channels >= 1, got ", levels,
              " and ", channels);
  // a mean over a rectangle is the product of means over its sides
  std::vector<int64_t> token_means;
  for (int64_t token = 0; token < cell; ++token) token_means.push_back(subcell_of_token(token, 1, cell, s));
  const at::Tensor token = mean_weights(token_means, std::vector<double>(cell, 1.0), s);  // (s, r)
  Basis2d basis;
  basis.token_basis = at::einsum("ay,bx->abyx", {token, token})
                          .reshape({rank, cell, cell, 1})
                          .expand({rank, cell, cell, channels})
                          .to(options)
                          .contiguous();
  for (int64_t level = 1; level < levels; ++level) {
    std::vector<int64_t> child_means;
    std::vector<double> child_counts;
    for (int64_t g = 0; g < 2 * s; ++g) {
      child_means.push_back(g / 2);
      child_counts.push_back(static_cast<double>(subcell_tokens(g, level, cell, s).size()));
    }
    const at::Tensor merge = mean_weights(child_means, child_counts, s).view({s, 2, s});  // (parent, child cell, child)
    basis.merge_basis.push_back(at::einsum("ayc,bxd->abyxcd", {merge, merge})
                                    .reshape({rank, 2, 2, rank, 1})
                                    .expand({rank, 2, 2, rank, channels})
                                    .to(options)
                                    .contiguous());
  }
  return basis;
}

}  // namespace multipole
