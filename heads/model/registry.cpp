#include "heads/model/registry.h"

#include "base/error.h"
#include "base/fields.h"
#include "heads/classification/classification_head.h"
#include "heads/classification/embedding_head.h"
#include "heads/segmentation/deconvolution_head.h"
#include "heads/segmentation/linear_head.h"
#include "heads/segmentation/segformer_head.h"
#include "heads/segmentation/semantic_fpn_head.h"
#include "heads/segmentation/upernet_head.h"

namespace multipole {

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

// A new head is one line here.
Registry<HeadEntry>& head_registry() {
  static Registry<HeadEntry> registry("head",
                                      {
                                          {"classification", head_of<ClassificationHead, ClassificationHeadConfig>()},
                                          {"deconvolution", head_of<DeconvolutionHead, DeconvolutionHeadConfig>()},
                                          {"embedding", head_of<EmbeddingHead, EmbeddingHeadConfig>()},
                                          {"linear", head_of<LinearHead, LinearHeadConfig>()},
                                          {"segformer", head_of<SegformerHead, SegformerHeadConfig>()},
                                          {"semantic_fpn", head_of<SemanticFpnHead, SegmentationHeadConfig>()},
                                          {"upernet", head_of<UperNetHead, UperNetHeadConfig>()},
                                      });
  return registry;
}

std::vector<std::string> head_types() { return head_registry().names(); }

std::vector<std::string> head_types(const std::string& task) {
  std::vector<std::string> types;
  for (const auto& [type, head] : head_registry().entries()) {
    if (head.task == task) types.push_back(type);
  }
  return types;
}

void require_head_task(const Json& config, const std::string& task, const std::string& where) {
  const HeadEntry& head = head_registry().of_type(config, where);
  if (head.task == task) return;
  throw ConfigError(where + ".type: '" + config["type"].get<std::string>() + "' is a head for " + head.task + "; for " +
                    task + " there is " + joined(head_types(task)));
}

Json resolve_head_config(const Json& config, const std::string& where) {
  return head_registry().of_type(config, where).resolve(config, where);
}

bool head_reads_embedding(const Json& config, const std::string& where) {
  return head_registry().of_type(config, where).reads_embedding(config, where);
}

std::shared_ptr<Head> make_head(const Json& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
                                const std::string& where) {
  return head_registry().of_type(config, where).make(config, feature_info, num_classes, where);
}

double count_head_parameters(const Json& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
                             const std::string& where) {
  return head_registry().of_type(config, where).count_parameters(config, feature_info, num_classes, where);
}

}  // namespace multipole
