#include "engine/runtime/execution.h"

#include <ATen/autocast_mode.h>
#include <ATen/cpu/Utils.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/cuda.h>

#include "backbone/layers/linear.h"
#include "base/error.h"
#include "base/fields.h"

namespace multipole {

namespace {

bool cpu_multiplies_bfloat16() {
  const auto capabilities = at::cpu::get_cpu_capabilities();
  for (const char* name : {"avx512_bf16", "amx_bf16", "amx_tile"}) {
    const auto found = capabilities.find(name);
    if (found != capabilities.end() && found->second.isBool() && found->second.toBool()) return true;
  }
  return false;
}

torch::Device select_device(const std::string& name, int64_t local_rank, const std::string& option) {
  require(name == "auto" || name == "cpu" || name == "cuda", option, "must be auto, cpu or cuda", name);
  const bool has_cuda = torch::cuda::is_available();
  if (name == "cuda" && !has_cuda) {
    throw ResourceError(option + " is cuda, but this program sees no CUDA device; use cpu or auto");
  }
  if (name == "cpu" || !has_cuda) return torch::kCPU;
  const auto index = static_cast<torch::DeviceIndex>(local_rank % static_cast<int64_t>(torch::cuda::device_count()));
  const torch::Device device(torch::kCUDA, index);
  c10::impl::VirtualGuardImpl(torch::kCUDA).setDevice(device);  // for what asks for "the" device
  return device;
}

}  // namespace

Execution select_execution(const std::string& device, const std::string& precision, int64_t local_rank,
                           const std::string& option, const std::string& precision_option) {
  require(precision == "auto" || precision == "float32" || precision == "bfloat16", precision_option,
          "must be auto, float32 or bfloat16", precision);
  Execution execution;
  execution.device = select_device(device, local_rank, option);
  execution.bfloat16 =
      precision == "bfloat16" || (precision == "auto" && (execution.device.is_cuda() || cpu_multiplies_bfloat16()));
  return execution;
}

void prepare_inference(torch::nn::Module& model, const Execution& execution) {
  model.to(execution.device);
  if (execution.device.is_cpu()) pack_linear_layers(model, execution.bfloat16 ? torch::kBFloat16 : torch::kFloat32);
}

AutocastGuard::AutocastGuard(const Execution& execution)
    : device_(execution.device.type()),
      was_enabled_(at::autocast::is_autocast_enabled(device_)),
      previous_dtype_(at::autocast::get_autocast_dtype(device_)) {
  at::autocast::increment_nesting();
  at::autocast::set_autocast_enabled(device_, execution.bfloat16);
  if (execution.bfloat16) at::autocast::set_autocast_dtype(device_, torch::kBFloat16);
}

AutocastGuard::~AutocastGuard() {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, was_enabled_);
  at::autocast::set_autocast_dtype(device_, previous_dtype_);
}

}  // namespace multipole
