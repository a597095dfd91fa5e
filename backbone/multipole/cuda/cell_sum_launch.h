// The sums over cells as host code calls them. T: float, Float16 or BFloat16, the type of x; the tensors are on the
// current device. Throw std::runtime_error with CUDA's reason where a launch is refused.
#pragma once

#include <cuda_runtime_api.h>

#include "backbone/multipole/cuda/cell_sum.h"

namespace multipole::cuda {

template <class T>
void launch_cell_sum(const CellSumProblem& p, cudaStream_t stream);
template <class T>
void launch_cell_sum_backward(const CellSumProblem& p, cudaStream_t stream);

}  // namespace multipole::cuda
