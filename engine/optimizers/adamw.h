// AdamW (Loshchilov and Hutter, arXiv 1711.05101), one fused kernel call a group of parameters.
#pragma once

#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "engine/optimizers/optimizer.h"

namespace multipole {

struct AdamWConfig {
  double lr = 1e-3;
  double weight_decay = 0.05;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("lr", self.lr, "highest learning rate");
    field("weight_decay", self.weight_decay, "decoupled decay, scaled by the learning rate");
    field("beta1", self.beta1, "decay of the mean of the gradient");
    field("beta2", self.beta2, "decay of the mean of its square");
    field("eps", self.eps, "added to the root of the mean square");
  }
  void validate(const std::string& where) const;
};

class AdamW : public Optimizer {
 public:
  AdamW(const AdamWConfig& config, const std::vector<ParameterGroup>& groups);

  void step(double lr_factor) override;
  double learning_rate() const override { return config_.lr; }
  // "<parameter>.exp_avg", "<parameter>.exp_avg_sq" in the parameter's shape and "<parameter>.step", a scalar.
  std::vector<std::pair<std::string, torch::Tensor>> state() const override;

 private:
  struct Slot {
    std::string name;
    torch::Tensor parameter, exp_avg, exp_avg_sq, step;
  };
  struct Group {
    double weight_decay, lr_scale;
    std::vector<Slot> slots;
  };

  AdamWConfig config_;
  std::vector<Group> groups_;
};

}  // namespace multipole
