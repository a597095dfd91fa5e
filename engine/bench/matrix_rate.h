// How fast this machine multiplies large matrices: what attention is compared with.
#pragma once

#include <c10/core/ScalarType.h>

namespace multipole {

// GFLOP/s (2 a multiply-add) of torch's product of two square matrices of 2048 in `dtype` on torch's threads: the
// fastest of several runs.
double measure_matrix_rate(c10::ScalarType dtype);

}  // namespace multipole
