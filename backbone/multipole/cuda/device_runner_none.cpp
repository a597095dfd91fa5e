// The build without CUDA kernels.
#include <c10/util/Exception.h>

#include "backbone/multipole/cuda/device_runner.h"

namespace multipole::cuda {

bool built_with_cuda() { return false; }

std::unique_ptr<KernelRunner> make_device_runner(at::Device) {
  TORCH_CHECK(false, "multipole: this build has no CUDA kernels");
}
std::unique_ptr<KernelCellSums> make_device_cell_sums(at::Device) {
  TORCH_CHECK(false, "multipole: this build has no CUDA kernels");
}

}  // namespace multipole::cuda
