#include "heads/model/model.h"

#include "backbone/registry.h"
#include "base/error.h"
#include "base/fields.h"
#include "heads/classification/embedding_head.h"
#include "heads/model/registry.h"

namespace multipole {

VisionModelImpl::VisionModelImpl(const ModelConfig& config) : config_(resolve_model_config(config)) {
  reads_embedding_ = head_reads_embedding(config_.head, "model.head");
  const bool has_classes = head_registry().of_type(config_.head, "model.head").task != EmbeddingHead::kTask;
  require(config_.num_classes >= 1 || !has_classes, "model.num_classes", "must be at least 1", config_.num_classes);
  backbone_ = register_module("backbone", make_backbone(config_.backbone, "model.backbone"));
  const auto info = reads_embedding_ ? embedding_info(backbone_->embedding_dim()) : backbone_->feature_info();
  head_ = register_module("head", make_head(config_.head, info, config_.num_classes, "model.head"));
}

FeatureMaps VisionModelImpl::features(const Images& images) {
  if (!reads_embedding_) return {backbone_->forward_intermediates(images), backbone_->map_masses(images)};
  return std::vector<torch::Tensor>{backbone_->embed(images).unsqueeze(-1).unsqueeze(-1)};
}

torch::Tensor VisionModelImpl::forward(const Images& images) {
  return head_->forward(features(images), {images.pixels.size(2), images.pixels.size(3)});
}

std::vector<torch::Tensor> VisionModelImpl::forward_all(const Images& images) {
  return head_->forward_all(features(images), {images.pixels.size(2), images.pixels.size(3)});
}

std::vector<std::string> VisionModelImpl::no_weight_decay() const {
  std::vector<std::string> names;
  for (const auto& name : backbone_->no_weight_decay()) names.push_back("backbone." + name);
  for (const auto& name : head_->no_weight_decay()) names.push_back("head." + name);
  return names;
}

std::vector<std::vector<std::string>> VisionModelImpl::layer_groups() const {
  auto groups = backbone_->layer_groups();
  for (auto& group : groups) {
    for (auto& name : group) name = "backbone." + name;
  }
  auto& last = groups.emplace_back();
  for (const auto& item : head_->named_parameters()) last.push_back("head." + item.key());
  return groups;
}

}  // namespace multipole
