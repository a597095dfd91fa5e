#include "heads/model_config.h"

#include "backbone/pyramid_config.h"
#include "backbone/registry.h"
#include "heads/registry.h"

namespace multipole {

void ModelConfig::validate(const std::string& where) const {
  require(num_classes >= 0, where.empty() ? "num_classes" : where + ".num_classes", "must not be negative",
          num_classes);
}

ModelConfig resolve_model_config(const ModelConfig& config) {
  ModelConfig resolved = config;
  Json backbone = preset_config(config.preset);
  merge_json(backbone, config.backbone);
  resolved.backbone = to_json_config(config_from_json<PyramidConfig>(backbone, "model.backbone"));
  resolved.head = resolve_head_config(config.head, "model.head");
  return resolved;
}

}  // namespace multipole
