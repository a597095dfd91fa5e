#include "backbone/multipole/cuda/device_runner.h"

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <c10/util/Exception.h>

#include "backbone/multipole/cuda/attention_launch.h"
#include "backbone/multipole/cuda/cell_sum_launch.h"

namespace multipole::cuda {
namespace {

// Calls visit.operator()<T>() with the kernels' name of a tensor type.
template <class Visit>
void with_type(at::ScalarType type, const Visit& visit) {
  if (type == at::kFloat) return visit.template operator()<float>();
  if (type == at::kHalf) return visit.template operator()<Float16>();
  TORCH_CHECK(type == at::kBFloat16, "multipole: no CUDA kernels for ", type);
  visit.template operator()<BFloat16>();
}

class DeviceRunner : public KernelRunner {
 public:
  explicit DeviceRunner(at::Device device) : device_(device) {}

  void forward(at::ScalarType type, const Problem& p, const ForwardOutput& output) const override {
    const c10::cuda::CUDAGuard guard(device_);
    with_type(type, [&]<class T>() { launch_forward<T>(p, output, c10::cuda::getCurrentCUDAStream()); });
  }
  void backward(at::ScalarType type, const Problem& p, const BackwardData& data) const override {
    const c10::cuda::CUDAGuard guard(device_);
    with_type(type, [&]<class T>() { launch_backward<T>(p, data, c10::cuda::getCurrentCUDAStream()); });
  }

 private:
  at::Device device_;
};

class DeviceCellSums : public KernelCellSums {
 public:
  explicit DeviceCellSums(at::Device device) : device_(device) {}

 private:
  void run_forward(at::ScalarType type, const CellSumProblem& p) const override {
    const c10::cuda::CUDAGuard guard(device_);
    with_type(type, [&]<class T>() { launch_cell_sum<T>(p, c10::cuda::getCurrentCUDAStream()); });
  }
  void run_backward(at::ScalarType type, const CellSumProblem& p) const override {
    const c10::cuda::CUDAGuard guard(device_);
    with_type(type, [&]<class T>() { launch_cell_sum_backward<T>(p, c10::cuda::getCurrentCUDAStream()); });
  }

  at::Device device_;
};

}  // namespace

bool built_with_cuda() { return true; }

std::unique_ptr<KernelRunner> make_device_runner(at::Device device) { return std::make_unique<DeviceRunner>(device); }

std::unique_ptr<KernelCellSums> make_device_cell_sums(at::Device device) {
  return std::make_unique<DeviceCellSums>(device);
}

}  // namespace multipole::cuda
