// Sorts a model's parameters by how the optimiser treats them.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <map>
#include <string>
#include <vector>

namespace multipole {

enum class ParameterKind {
  kMatrix,  // two-axis weights of the backbone: decayed, and orthogonalised by muon
  kWeight,  // other weights: decayed
  kPlain,   // norms, biases, bias tables, summary bases, learned queries: not decayed
  kKernel,  // kernels of the backbone's convolutions that mix channels: decayed, orthogonalised by muon where asked
};

struct ParameterGroup {
  ParameterKind kind = ParameterKind::kWeight;
  double lr_scale = 1.0;  // share of the optimiser's learning rate
  std::vector<std::string> names;
  std::vector<torch::Tensor> parameters;
};

// One group a kind, in the order of the enumeration, parameters in the model's order; those that need no gradient are
// left out. Plain are all with fewer than two axes and all in no_weight_decay (full names). A matrix is a parameter of
// two axes outside "head.": a classifier's last layer and embeddings are better left to AdamW (Keller Jordan's Muon); a
// kernel one of four axes outside it, whose second is longer than 1.
// lr_scales gives shares of the learning rate by parameter name, 1 for those it lacks; parameters of different shares
// are in different groups, the largest share first. Throws c10::Error where no_weight_decay names no parameter.
std::vector<ParameterGroup> make_optimizer_groups(const torch::nn::Module& model,
                                                  const std::vector<std::string>& no_weight_decay,
                                                  const std::map<std::string, double>& lr_scales = {});

}  // namespace multipole
