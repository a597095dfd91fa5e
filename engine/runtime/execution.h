// Where and how exactly a model computes: the device, and the mixed precision of its forward pass.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>

namespace multipole {

struct Execution {
  torch::Device device = torch::kCPU;
  bool bfloat16 = false;  // forward under autocast to bfloat16; weights, gradients and optimiser stay float32

  const char* precision_name() const { return bfloat16 ? "bfloat16" : "float32"; }
};

// device: auto (CUDA where there is one), cpu or cuda. precision: auto (bfloat16 where the device multiplies it in
// hardware), float32 or bfloat16. local_rank: which of several GPUs, where several processes share the machine; it
// becomes the current one. Throws ResourceError for a device that is absent, ConfigError for another word; both begin
// with the name under which the user chose it, `option` for the device.
Execution select_execution(const std::string& device, const std::string& precision, int64_t local_rank = 0,
                           const std::string& option = "--device",
                           const std::string& precision_option = "train.precision");

// That name where the device is a training's, which options and files of settings may give.
inline constexpr const char* kTrainDevice = "train.device (--device)";

// Brings a model that is not going to learn to the execution's device. On a CPU its linear layers keep copies of their
// weights in the run's precision and in the order in which they are multiplied (backbone/layers/packed_weight.h).
void prepare_inference(torch::nn::Module& model, const Execution& execution);

// While it lives, operations on the execution's device run under its autocast. The outermost guard's end drops the
// cached copies of the weights, as an optimiser step demands.
class AutocastGuard {
 public:
  explicit AutocastGuard(const Execution& execution);
  ~AutocastGuard();
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  torch::DeviceType device_;
  bool was_enabled_;
  torch::ScalarType previous_dtype_;
};

}  // namespace multipole
