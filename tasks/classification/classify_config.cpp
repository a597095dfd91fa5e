#include "tasks/classification/classify_config.h"

#include "engine/optimizers/registry.h"
#include "heads/model/registry.h"

namespace multipole {

ClassifyConfig resolve_classify_config(const ClassifyConfig& config) {
  ClassifyConfig resolved = config;
  if (resolved.model.backbone.is_object() && !resolved.model.backbone.contains("image_size")) {
    resolved.model.backbone["image_size"] = resolved.preprocessing.image_size;
  }
  resolved.model = resolve_model_config(resolved.model);
  require_head_task(resolved.model.head, "classification", "model.head");
  resolved.train.optimizer = resolve_optimizer_config(resolved.train.optimizer, "train.optimizer");
  return resolved;
}

}  // namespace multipole
