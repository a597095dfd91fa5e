#include "engine/optimizers/freezing.h"

#include <cmath>

namespace multipole {

void FineTuneConfig::validate(const std::string& where) const {
  require(freeze_groups >= 0, where + ".freeze_groups", "must not be negative", freeze_groups);
  require(head_epochs >= 0, where + ".head_epochs", "must not be negative", head_epochs);
  require(layer_decay > 0 && layer_decay <= 1, where + ".layer_decay", "must be above 0 and at most 1", layer_decay);
}

Freezing::Freezing(const FineTuneConfig& config, const TrainedModelImpl& model) : config_(config) {
  const auto groups = model.layer_groups();
  const auto num_groups = static_cast<int64_t>(groups.size());
  require(config.freeze_groups < num_groups, "train.fine_tune.freeze_groups",
          "must be below the model's number of layer groups, " + std::to_string(num_groups), config.freeze_groups);
  const auto parameters = model.named_parameters();
  // the head, the last group, always learns
  for (int64_t i = 0; i + 1 < num_groups; ++i) {
    for (const auto& name : groups[i]) {
      auto parameter = parameters[name];
      if (i < config.freeze_groups) {
        parameter.set_requires_grad(false);
      } else {
        body_.push_back(parameter);
      }
    }
  }
}

void Freezing::apply(int64_t epoch) {
  if (config_.head_epochs == 0) return;
  for (auto& parameter : body_) parameter.set_requires_grad(epoch >= config_.head_epochs);
}

std::map<std::string, double> layer_learning_rates(const TrainedModelImpl& model, double layer_decay) {
  std::map<std::string, double> shares;
  const auto groups = model.layer_groups();
  for (size_t i = 0; i < groups.size(); ++i) {
    const double share = std::pow(layer_decay, static_cast<double>(groups.size() - 1 - i));
    for (const auto& name : groups[i]) shares[name] = share;
  }
  return shares;
}

}  // namespace multipole
