// Lion (Chen et al., arXiv 2302.06675, algorithm 2): the sign of an interpolated momentum, one state tensor a
// parameter. Its learning rates are 3 to 10 times smaller than AdamW's, and its weight decay as much larger.
#pragma once

#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "engine/optimizers/optimizer.h"

namespace multipole {

struct LionConfig {
  double lr = 1e-4;
  double weight_decay = 0.5;
  double beta1 = 0.9;
  double beta2 = 0.99;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("lr", self.lr, "highest learning rate: the size of every entry's step");
    field("weight_decay", self.weight_decay, "decoupled decay, scaled by the learning rate");
    field("beta1", self.beta1, "share of the momentum in the direction of a step");
    field("beta2", self.beta2, "share of the momentum that a step keeps");
  }
  void validate(const std::string& where) const;
};

class Lion : public Optimizer {
 public:
  Lion(const LionConfig& config, const std::vector<ParameterGroup>& groups);

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
    double weight_decay, lr_scale;
    std::vector<Slot> slots;
  };

  LionConfig config_;
  std::vector<Group> groups_;
};

}  // namespace multipole
