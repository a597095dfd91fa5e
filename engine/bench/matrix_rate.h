// How fast this machine multiplies large matrices: what attention is compared with.
#pragma once

#include <c10/core/TensorOptions.h>

namespace multipole {

// GFLOP/s (2 a multiply-add) of torch's product of two square matrices of the options' type and device, of 2048 on
// torch's threads and of 8192 on a GPU: the fastest of several runs.
double measure_matrix_rate(const c10::TensorOptions& options);

}  // namespace multipole
