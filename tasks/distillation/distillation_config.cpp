#include "tasks/distillation/distillation_config.h"

#include "backbone/registry.h"
#include "engine/files/model_file.h"
#include "engine/optimizers/registry.h"
#include "heads/model/registry.h"

namespace multipole {

DistillationConfig resolve_distillation_config(const DistillationConfig& config) {
  require(config.data.bands.empty(), "data.bands", "a teacher's features are those of RGB pictures", config.data.bands);
  DistillationConfig resolved = config;
  if (resolved.model.backbone.is_object() && !resolved.model.backbone.contains("image_size")) {
    resolved.model.backbone["image_size"] = resolved.preprocessing.image_size;
  }
  require_head_task(resolved.model.head, "embedding", "model.head");
  if (!config.teacher.empty()) {
    resolved.model.head["projection_dim"] =
        backbone_embedding_dim(read_model_metadata(config.teacher).architecture.backbone, "teacher");
  }
  resolved.model = resolve_model_config(resolved.model);
  resolved.train.optimizer = resolve_optimizer_config(resolved.train.optimizer, "train.optimizer");
  return resolved;
}

}  // namespace multipole
