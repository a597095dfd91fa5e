// Runs the kernels on the current stream of the tensors' GPU; in a build without CUDA nothing can be run.
#pragma once

#include <c10/core/Device.h>

#include <memory>

#include "backbone/multipole/cuda/attention_pass.h"
#include "backbone/multipole/cuda/cell_sum_pass.h"

namespace multipole::cuda {

bool built_with_cuda();
// Throw c10::Error in a build without CUDA.
std::unique_ptr<KernelRunner> make_device_runner(at::Device device);
std::unique_ptr<KernelCellSums> make_device_cell_sums(at::Device device);

}  // namespace multipole::cuda
