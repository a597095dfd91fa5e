#include "backbone/blocks/checkpoint.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/autocast_mode.h>
#include <torch/autograd.h>

#include <mutex>
#include <utility>
#include <vector>

namespace multipole {
namespace {

using Function = std::function<torch::Tensor(const torch::Tensor&)>;

// The random generators of the CPU and of one other device.
class RandomState {
 public:
  explicit RandomState(const torch::Device& device) : generators_{at::detail::getDefaultCPUGenerator()} {
    if (!device.is_cpu()) generators_.push_back(at::globalContext().defaultGenerator(device));
    for (at::Generator& generator : generators_) {
      const std::lock_guard<std::mutex> lock(generator.mutex());
      states_.push_back(generator.get_state());
    }
  }
  void restore() {
    for (size_t i = 0; i < generators_.size(); ++i) {
      const std::lock_guard<std::mutex> lock(generators_[i].mutex());
      generators_[i].set_state(states_[i]);
    }
  }

 private:
  std::vector<at::Generator> generators_;
  std::vector<torch::Tensor> states_;
};

// Autocast as it was, while this lives. Its cache of cast weights stays off: a copy made where gradients are off has no
// way back to its weight.
class AutocastState {
 public:
  explicit AutocastState(torch::DeviceType device)
      : device_(device),
        enabled_(at::autocast::is_autocast_enabled(device)),
        dtype_(at::autocast::get_autocast_dtype(device)) {}

  template <class Body>
  auto run(const Body& body) const {
    const AutocastState outside(device_);
    const bool cached = at::autocast::is_autocast_cache_enabled();
    set(false);
    struct Restore {
      const AutocastState& state;
      bool cached;
      ~Restore() { state.set(cached); }
    } const restore{outside, cached};
    return body();
  }

 private:
  void set(bool cached) const {
    at::autocast::set_autocast_enabled(device_, enabled_);
    at::autocast::set_autocast_dtype(device_, dtype_);
    at::autocast::set_autocast_cache_enabled(cached);
  }

  torch::DeviceType device_;
  bool enabled_;
  torch::ScalarType dtype_;
};

// What the backward pass needs to run the function again.
struct Recipe : torch::CustomClassHolder {
  Recipe(Function f, const torch::Tensor& x)
      : function(std::move(f)), random(x.device()), autocast(x.device().type()) {}

  Function function;
  RandomState random;
  AutocastState autocast;
};

class CheckpointFunction : public torch::autograd::Function<CheckpointFunction> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& x,
                               const c10::intrusive_ptr<Recipe>& recipe) {
    ctx->save_for_backward({x});
    ctx->saved_data["recipe"] = c10::IValue::make_capsule(recipe);
    const torch::NoGradGuard no_grad;
    return recipe->autocast.run([&] { return recipe->function(x); });
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& gradients) {
    const auto recipe = c10::static_intrusive_pointer_cast<Recipe>(ctx->saved_data["recipe"].toCapsule());
    const torch::Tensor x = ctx->get_saved_variables()[0].detach().requires_grad_();
    RandomState now(x.device());
    recipe->random.restore();
    const torch::AutoGradMode with_gradients(true);
    const torch::Tensor y = recipe->autocast.run([&] { return recipe->function(x); });
    now.restore();
    torch::autograd::backward({y}, {gradients[0]});
    return {x.grad(), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor checkpoint(const Function& function, const torch::Tensor& x) {
  if (!torch::GradMode::is_enabled() || !x.requires_grad()) return function(x);
  return CheckpointFunction::apply(x, c10::make_intrusive<Recipe>(function, x));
}

}  // namespace multipole
