#include "engine/training/optimizer_groups.h"

#include <torch/nn/module.h>

#include <set>

namespace multipole {

std::vector<ParameterGroup> make_optimizer_groups(const torch::nn::Module& model,
                                                  const std::vector<std::string>& no_weight_decay) {
  const auto parameters = model.named_parameters();
  const std::set<std::string> plain_names(no_weight_decay.begin(), no_weight_decay.end());
  for (const auto& name : plain_names) {
    TORCH_CHECK(parameters.contains(name), "no_weight_decay names '", name, "', which the model does not have");
  }
  std::vector<ParameterGroup> groups(3);
  groups[0].kind = ParameterKind::kMatrix;
  groups[1].kind = ParameterKind::kWeight;
  groups[2].kind = ParameterKind::kPlain;
  for (const auto& item : parameters) {
    if (!item.value().requires_grad()) continue;
    const bool plain = item.value().dim() < 2 || plain_names.count(item.key()) > 0;
    const bool matrix = item.value().dim() == 2 && item.key().rfind("head.", 0) != 0;
    auto& group = groups[plain ? 2 : matrix ? 0 : 1];
    group.names.push_back(item.key());
    group.parameters.push_back(item.value());
  }
  return groups;
}

}  // namespace multipole
