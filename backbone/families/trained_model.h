// What the training of a model knows of it, whatever it computes: pictures' models and language models are such ones.
#pragma once

#include <c10/util/Exception.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace multipole {

class TrainedModelImpl : public torch::nn::Module {
 public:
  // Full names of the parameters that weight decay must leave alone (beyond biases and norms).
  virtual std::vector<std::string> no_weight_decay() const = 0;

  // Full names of all parameters, grouped by depth for layer-wise learning rates, the first layer first and the head
  // last.
  virtual std::vector<std::vector<std::string>> layer_groups() const = 0;

  // As Backbone's.
  virtual void set_gradient_checkpointing(bool on) = 0;

  int64_t num_parameters() const {
    int64_t count = 0;
    for (const auto& parameter : parameters()) count += parameter.numel();
    return count;
  }
};

// A holder, as those of the models themselves, which it is made from implicitly; an empty one of an empty one.
class TrainedModel : public torch::nn::ModuleHolder<TrainedModelImpl> {
 public:
  TrainedModel(std::nullptr_t) : ModuleHolder(nullptr) {}
  template <class Impl>
  TrainedModel(const torch::nn::ModuleHolder<Impl>& model) : ModuleHolder(nullptr) {
    if (model) impl_ = model.ptr();
  }

  // The model in the holder of its own type. Throws c10::Error where it is of another.
  template <class Model>
  Model as() const {
    auto own = std::dynamic_pointer_cast<typename Model::ContainedType>(impl_);
    TORCH_CHECK(own, "the model is not of the type that is asked for");
    return Model(std::move(own));
  }
};

}  // namespace multipole
