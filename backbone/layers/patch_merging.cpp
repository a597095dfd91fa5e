#include "backbone/layers/patch_merging.h"

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"

namespace multipole {

PatchMergingImpl::PatchMergingImpl(int64_t in_channels, int64_t out_channels, double norm_eps) {
  norm_ = register_module("norm", make_layer_norm(4 * in_channels, norm_eps));
  reduction_ = register_module("reduction", Linear(4 * in_channels, out_channels, /*with_bias=*/false));
}

double PatchMergingImpl::count_parameters(int64_t in_channels, int64_t out_channels) {
  return layer_norm_parameters(4 * in_channels) + linear_parameters(4 * in_channels, out_channels, /*with_bias=*/false);
}

torch::Tensor PatchMergingImpl::forward(const torch::Tensor& x) {
  const int64_t below = x.size(1) % 2, right = x.size(2) % 2;
  const auto even = below + right == 0 ? x : torch::constant_pad_nd(x, {0, 0, 0, right, 0, below});
  const int64_t rows = even.size(1) / 2, columns = even.size(2) / 2;
  const auto cut = even.reshape({x.size(0), rows, 2, columns, 2, x.size(3)});
  return reduction_(norm_(cut.permute({0, 1, 3, 4, 2, 5}).reshape({x.size(0), rows, columns, 4 * x.size(3)})));
}

}  // namespace multipole
