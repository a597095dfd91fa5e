#include "tasks/adaptation/adaptation_config.h"

#include <algorithm>

#include "backbone/multipole/quadtree.h"
#include "backbone/registry.h"
#include "base/error.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"
#include "engine/optimizers/registry.h"
#include "engine/weights/attention_swap.h"

namespace multipole {
namespace {

constexpr int64_t kLargestSize = 16384;

// Far levels of the deepest block on pictures of this size.
int64_t far_levels(const ModelConfig& swapped, int64_t size) {
  const int64_t stride = backbone_feature_info(swapped.backbone, "model").back().stride;
  const int64_t side = (size + stride - 1) / stride;
  int64_t levels = 0;
  for (const auto& attention : backbone_attentions(swapped.backbone, "model")) {
    if (attention["type"] != "multipole2d" || side * side <= attention["full_up_to"].get<int64_t>()) continue;
    levels = std::max(levels, num_far_levels_2d(side, side, attention["cell"].get<int64_t>()));
  }
  return levels;
}

// The choice with something that can learn, for every level that the pictures have.
Json with_gates(const Json& choice, int64_t levels) {
  if (choice.is_array()) {
    Json all = Json::array();
    for (const auto& one : choice) all.push_back(with_gates(one, levels));
    return all;
  }
  Json one = choice.is_string() ? Json{{"type", choice}} : choice;
  if (!one.is_object() || !one.contains("type") || (one["type"] != "multipole2d" && one["type"] != "auto")) {
    return choice;
  }
  if (!one.contains("far_gate")) one["far_gate"] = true;
  if (!one.contains("max_levels")) one["max_levels"] = levels;
  return one;
}

}  // namespace

AdaptationConfig::AdaptationConfig() {
  data.val_fraction = 0.1;  // a held-out picture costs about as much as one to learn from
  augmentation.random_crop.scale = {0.5, 1.0};
  train.epochs = 5;
  train.batch_size = 2;
  train.optimizer = {{"type", "adamw"}, {"lr", 0.01}, {"weight_decay", 0.0}};
  train.schedule.warmup_epochs = 0.1;
}

void AdaptationConfig::validate(const std::string& where) const {
  const std::string prefix = where.empty() ? "" : where + ".";
  require(size >= 0 && size <= kLargestSize, prefix + "size", "must be from 0 to " + std::to_string(kLargestSize),
          size);
  require(steps >= 0, prefix + "steps", "must not be negative", steps);
  require(block_weight >= 0, prefix + "block_weight", "must not be negative", block_weight);
  require(feature_weight >= 0 && block_weight + feature_weight > 0, prefix + "feature_weight",
          "must not be negative, nor 0 where block_weight is", feature_weight);
  require(block_epochs >= 0, prefix + "block_epochs", "must not be negative", block_epochs);
  require(block_epochs == 0 || block_weight > 0, prefix + "block_epochs", "must be 0 where block_weight is",
          block_epochs);
  require(train.fine_tune.head_epochs == 0, prefix + "train.fine_tune.head_epochs",
          "must be 0: only what the swapped attention adds learns", train.fine_tune.head_epochs);
}

AdaptationConfig resolve_adaptation_config(const AdaptationConfig& config) {
  if (config.model.empty()) throw ConfigError("model: name the model file whose attention is to be swapped");
  require(config.data.bands.empty(), "data.bands", "a swap of attention learns from RGB pictures", config.data.bands);
  AdaptationConfig resolved = config;
  const ModelMetadata metadata = read_model_metadata(config.model);
  if (resolved.size == 0) {
    resolved.size = 2 * config_from_json<Preprocessing>(metadata.preprocessing, "preprocessing").image_size;
  }
  const int64_t levels =
      far_levels(swap_attention(metadata.architecture, config.attention.dump(), "attention"), resolved.size);
  if (levels == 0) {
    throw ConfigError("size " + std::to_string(resolved.size) + ": pictures of so many pixels have no far level with " +
                      "attention " + config.attention.dump() +
                      ", so that it is full attention there and has nothing to learn; take larger ones");
  }
  resolved.attention = with_gates(config.attention, levels);
  swap_attention(metadata.architecture, resolved.attention.dump(), "attention");
  resolved.train.optimizer = resolve_optimizer_config(resolved.train.optimizer, "train.optimizer");
  return resolved;
}

}  // namespace multipole
