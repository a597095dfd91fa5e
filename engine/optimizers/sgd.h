// Stochastic gradient descent with (Nesterov) momentum, as torch.optim.SGD defines it.
#pragma once

#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "engine/optimizers/optimizer.h"

namespace multipole {

struct SgdConfig {
  double lr = 0.1;
  double weight_decay = 5e-4;
  double momentum = 0.9;
  bool nesterov = true;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("lr", self.lr, "highest learning rate");
    field("weight_decay", self.weight_decay, "added to the gradient, times the weight");
    field("momentum", self.momentum, "share of the last update that is kept");
    field("nesterov", self.nesterov, "look ahead along the momentum");
  }
  void validate(const std::string& where) const;
};

class Sgd : public Optimizer {
 public:
  Sgd(const SgdConfig& config, const std::vector<ParameterGroup>& groups);

  void step(double lr_factor) override;
  double learning_rate() const override { return config_.lr; }
  // "<parameter>.momentum" in the parameter's shape.
  std::vector<std::pair<std::string, torch::Tensor>> state() const override;

 private:
  struct Slot {
    std::string name;
    torch::Tensor parameter, momentum;
  };
  struct Group {
    bool decayed;
    double lr_scale;
    std::vector<Slot> slots;
  };

  SgdConfig config_;
  std::vector<Group> groups_;
};

}  // namespace multipole
