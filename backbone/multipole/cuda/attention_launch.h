// The kernels as host code calls them: plain data, a stream, no torch. The problem's tensors are on the current device.
#pragma once

#include <cuda_runtime_api.h>

#include "backbone/multipole/cuda/backward_data.h"
#include "backbone/multipole/cuda/forward.h"

namespace multipole::cuda {

// T: float, Float16 or BFloat16, the type of the tensors in `p`. Throw std::runtime_error with CUDA's reason where a
// launch is refused.
template <class T>
void launch_forward(const Problem& p, const ForwardOutput& output, cudaStream_t stream);
template <class T>
void launch_backward(const Problem& p, const BackwardData& data, cudaStream_t stream);

}  // namespace multipole::cuda
