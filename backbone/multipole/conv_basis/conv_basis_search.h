// Where the convolutions of a lower-triangular score matrix start.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace multipole {

// Column j of tril(q k^T) from its diagonal down, (n - j): q and k (n, d), q with the scale in it.
at::Tensor score_column(const at::Tensor& q, const at::Tensor& k, int64_t j);

// Ascending, 0 first; conv_basis.h says what tolerance and max_basis mean.
std::vector<int64_t> find_basis_starts(const at::Tensor& q, const at::Tensor& k, double tolerance, int64_t max_basis);

}  // namespace multipole
