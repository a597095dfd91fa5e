#include "heads/registry.h"

#include <algorithm>
#include <functional>

#include "backbone/config/error.h"
#include "backbone/config/fields.h"
#include "heads/classification_head.h"
#include "heads/segmentation/segformer_head.h"
#include "heads/segmentation/semantic_fpn_head.h"
#include "heads/segmentation/upernet_head.h"

namespace multipole {

namespace {

struct HeadEntry {
  std::string type;
  HeadTask task;
  std::function<Json(const Json& fields, const std::string& where)> resolve;
  std::function<std::shared_ptr<Head>(const Json& fields, const std::vector<FeatureInfo>&, int64_t num_classes,
                                      const std::string& where)>
      make;
  std::function<double(const Json& fields, const std::vector<FeatureInfo>&, int64_t num_classes,
                       const std::string& where)>
      count_parameters;
};

template <class Config, class HeadType>
HeadEntry entry(std::string type) {
  return {std::move(type), HeadType::kTask,
          [](const Json& fields, const std::string& where) {
            return to_json_config(config_from_json<Config>(fields, where));
          },
          [](const Json& fields, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
             const std::string& where) -> std::shared_ptr<Head> {
            return std::make_shared<HeadType>(config_from_json<Config>(fields, where), feature_info, num_classes,
                                              where);
          },
          [](const Json& fields, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
             const std::string& where) {
            return HeadType::count_parameters(config_from_json<Config>(fields, where), feature_info, num_classes);
          }};
}

const std::vector<HeadEntry>& entries() {
  static const std::vector<HeadEntry> list = {
      entry<ClassificationHeadConfig, ClassificationHead>("classification"),
      entry<SegmentationHeadConfig, SegformerHead>("segformer"),
      entry<SegmentationHeadConfig, SemanticFpnHead>("semantic_fpn"),
      entry<UperNetHeadConfig, UperNetHead>("upernet"),
  };
  return list;
}

// The entry that config["type"] names and the fields beside it.
std::pair<const HeadEntry&, Json> find_entry(const Json& config, const std::string& where) {
  if (!config.is_object() || !config.contains("type") || !config["type"].is_string()) {
    throw ConfigError(where + ": expected an object with a \"type\", got " + config.dump());
  }
  const auto type = config["type"].get<std::string>();
  const auto& list = entries();
  const auto found = std::find_if(list.begin(), list.end(), [&](const HeadEntry& item) { return item.type == type; });
  if (found == list.end()) {
    throw ConfigError(where + ".type: unknown head '" + type + "'" + suggest_name(type, head_types()));
  }
  Json fields = config;
  fields.erase("type");
  return {*found, fields};
}

std::string task_name(HeadTask task) { return task == HeadTask::kSegmentation ? "segmentation" : "classification"; }

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

std::vector<std::string> head_types() {
  std::vector<std::string> types;
  for (const auto& item : entries()) types.push_back(item.type);
  return types;
}

std::vector<std::string> head_types(HeadTask task) {
  std::vector<std::string> types;
  for (const auto& item : entries()) {
    if (item.task == task) types.push_back(item.type);
  }
  return types;
}

void require_head_task(const Json& config, HeadTask task, const std::string& where) {
  const auto [item, fields] = find_entry(config, where);
  if (item.task == task) return;
  throw ConfigError(where + ".type: '" + item.type + "' is a head for " + task_name(item.task) + "; for " +
                    task_name(task) + " there is " + joined(head_types(task)));
}

Json resolve_head_config(const Json& config, const std::string& where) {
  const auto [item, fields] = find_entry(config, where);
  Json resolved = {{"type", item.type}};
  resolved.update(item.resolve(fields, where));
  return resolved;
}

std::shared_ptr<Head> make_head(const Json& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
                                const std::string& where) {
  const auto [item, fields] = find_entry(config, where);
  return item.make(fields, feature_info, num_classes, where);
}

double count_head_parameters(const Json& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
                             const std::string& where) {
  const auto [item, fields] = find_entry(config, where);
  return item.count_parameters(fields, feature_info, num_classes, where);
}

}  // namespace multipole
