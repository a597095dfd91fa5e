#include "heads/model/model_config.h"

#include "backbone/registry.h"
#include "heads/model/registry.h"

namespace multipole {
namespace {

constexpr const char* kBackbone = "model.backbone";

// `config` is resolved.
std::vector<ModelPart> model_parts(const ModelConfig& config) {
  auto parts = backbone_parts(config.backbone, kBackbone);
  const auto info = head_reads_embedding(config.head, "model.head")
                        ? embedding_info(backbone_embedding_dim(config.backbone, kBackbone))
                        : backbone_feature_info(config.backbone, kBackbone);
  parts.push_back({.name = "the head (" + config.head["type"].get<std::string>() + ")",
                   .parameters = count_head_parameters(config.head, info, config.num_classes, "model.head")});
  return parts;
}

}  // namespace

void ModelConfig::validate(const std::string& where) const {
  require(num_classes >= 0, where.empty() ? "num_classes" : where + ".num_classes", "must not be negative",
          num_classes);
}

ModelConfig resolve_model_config(const ModelConfig& config) {
  ModelConfig resolved = config;
  Json merged = config.preset.empty() ? Json::object() : preset_config(config.preset);
  if (config.backbone.is_object() && config.backbone.contains("family") &&
      config.backbone["family"] != merged.value("family", kDefaultFamily)) {
    // the values of one family mean nothing to another
    merged = Json::object();
    resolved.preset.clear();
  }
  merge_json(merged, config.backbone);
  resolved.backbone = resolve_backbone_config(merged, kBackbone);
  resolved.head = resolve_head_config(config.head, "model.head");
  require_model_size(model_parts(resolved), "model");
  return resolved;
}

double count_parameters(const ModelConfig& resolved) { return count_parameters(model_parts(resolved)); }

}  // namespace multipole
