#include "heads/model_config.h"

#include "backbone/pyramid.h"
#include "backbone/registry.h"
#include "backbone/resolve_pyramid.h"
#include "heads/registry.h"

namespace multipole {
namespace {

std::vector<ModelPart> model_parts(const PyramidConfig& backbone, const ModelConfig& config) {
  auto parts = pyramid_parts(backbone, "model.backbone");
  parts.push_back(
      {.name = "the head (" + config.head["type"].get<std::string>() + ")",
       .parameters = count_head_parameters(config.head, feature_info(backbone), config.num_classes, "model.head")});
  return parts;
}

}  // namespace

void ModelConfig::validate(const std::string& where) const {
  require(num_classes >= 0, where.empty() ? "num_classes" : where + ".num_classes", "must not be negative",
          num_classes);
}

ModelConfig resolve_model_config(const ModelConfig& config) {
  ModelConfig resolved = config;
  Json merged = preset_config(config.preset);
  merge_json(merged, config.backbone);
  const auto backbone =
      resolve_pyramid_config(config_from_json<PyramidConfig>(merged, "model.backbone"), "model.backbone");
  resolved.backbone = to_json_config(backbone);
  resolved.head = resolve_head_config(config.head, "model.head");
  require_model_size(model_parts(backbone, resolved), "model");
  return resolved;
}

double count_parameters(const ModelConfig& resolved) {
  return count_parameters(model_parts(config_from_json<PyramidConfig>(resolved.backbone, "model.backbone"), resolved));
}

}  // namespace multipole
