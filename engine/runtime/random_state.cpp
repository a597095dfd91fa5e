#include "engine/runtime/random_state.h"

#include <ATen/CPUGeneratorImpl.h>

#include <mutex>
#include <utility>
#include <vector>

#include "base/error.h"

namespace multipole {

namespace {

std::vector<std::pair<std::string, at::Generator>> generators(const torch::Device& device) {
  std::vector<std::pair<std::string, at::Generator>> all = {{"rng.cpu", at::detail::getDefaultCPUGenerator()}};
  if (!device.is_cpu()) all.emplace_back("rng.device", at::globalContext().defaultGenerator(device));
  return all;
}

}  // namespace

std::map<std::string, torch::Tensor> random_state(const torch::Device& device) {
  std::map<std::string, torch::Tensor> tensors;
  for (auto& [name, generator] : generators(device)) {
    const std::lock_guard<std::mutex> lock(generator.mutex());
    tensors[name] = generator.get_state();
  }
  return tensors;
}

void restore_random_state(const std::map<std::string, torch::Tensor>& tensors, const torch::Device& device) {
  for (auto& [name, generator] : generators(device)) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) throw ModelFileError("the training state lacks the random generator's '" + name + "'");
    const std::lock_guard<std::mutex> lock(generator.mutex());
    try {
      generator.set_state(found->second);
    } catch (const c10::Error& error) {
      throw ModelFileError("the training state's '" + name + "' does not fit: " + error.what_without_backtrace());
    }
  }
}

}  // namespace multipole
