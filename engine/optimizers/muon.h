// Muon (Keller Jordan, https://kellerjordan.github.io/posts/muon): the momentum of a weight matrix is replaced by the
// nearest semi-orthogonal matrix, so that every direction is learnt at one speed. Weight decay and the factor
// 0.2 sqrt(max(rows, columns)), which gives updates the size of AdamW's and lets both share one learning rate, are
// from Moonlight (arXiv 2502.16982, section 2.2). With `kernels` a convolution's kernel is the matrix (out_channels,
// in_channels x height x width). Everything else is left to AdamW.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "engine/optimizers/adamw.h"
#include "engine/optimizers/optimizer.h"

namespace multipole {

struct MuonConfig {
  double lr = 2e-3;
  double weight_decay = 0.05;
  double momentum = 0.95;
  int64_t newton_schulz_steps = 5;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-8;
  bool kernels = false;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("lr", self.lr, "highest learning rate, of the matrices and of the rest");
    field("weight_decay", self.weight_decay, "decoupled decay, scaled by the learning rate");
    field("momentum", self.momentum, "share of the matrices' momentum that a step keeps");
    field("newton_schulz_steps", self.newton_schulz_steps, "iterations of the orthogonalisation");
    field("beta1", self.beta1, "AdamW's, for the rest");
    field("beta2", self.beta2, "AdamW's, for the rest");
    field("eps", self.eps, "AdamW's, for the rest");
    field("kernels", self.kernels, "whether kernels of convolutions that mix channels are matrices too");
  }
  void validate(const std::string& where) const;
};

// Matrices (B, rows, columns) -> about U V^T of each one's singular value decomposition U S V^T: the quintic iteration
// ends with all singular values within about [0.7, 1.2], not at 1. A zero matrix stays zero. Computed in float32.
torch::Tensor orthogonalize(const torch::Tensor& matrices, int64_t num_steps);

class Muon : public Optimizer {
 public:
  Muon(const MuonConfig& config, const std::vector<ParameterGroup>& groups);

  void step(double lr_factor) override;
  double learning_rate() const override { return config_.lr; }
  // "<parameter>.momentum" in the parameter's shape for matrices, AdamW's for the rest.
  std::vector<std::pair<std::string, torch::Tensor>> state() const override;

 private:
  struct Slot {
    std::string name;
    torch::Tensor parameter, momentum;
  };
  struct Stack {  // matrices of one shape and learning rate together: their products are batched
    double lr_scale;
    std::vector<Slot> slots;
  };

  MuonConfig config_;
  std::vector<Stack> stacks_;
  AdamW rest_;
};

}  // namespace multipole
