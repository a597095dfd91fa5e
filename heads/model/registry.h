// Heads by name: one file a head and one line in the list of registry.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backbone/families/backbone.h"
#include "base/factory.h"
#include "base/registry.h"
#include "heads/head.h"

namespace multipole {

// A head's constructor also takes `where`, the place of its config in messages.
struct HeadEntry {
  std::string task;  // that its logits are for: "segmentation"
  // Whether it reads Backbone::embed(), as one map (B, embedding_dim, 1, 1), instead of the maps.
  bool (*reads_embedding)(const Json& config, const std::string& where);
  Json (*resolve)(const Json& config, const std::string& where);
  std::unique_ptr<Head> (*make)(const Json& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
                                const std::string& where);
  double (*count_parameters)(const Json& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
                             const std::string& where);
};

// A head as the registry holds it: head_of<SegformerHead, SegformerHeadConfig>().
template <class HeadType, class Config>
HeadEntry head_of() {
  return {HeadType::kTask,
          [](const Json& config, const std::string& where) {
            if constexpr (requires(const Config& typed) { HeadType::reads_embedding(typed); }) {
              return HeadType::reads_embedding(typed_config<Config>(config, where));
            } else {
              return false;
            }
          },
          resolve_typed<Config>,
          [](const Json& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
             const std::string& where) -> std::unique_ptr<Head> {
            return std::make_unique<HeadType>(typed_config<Config>(config, where), feature_info, num_classes, where);
          },
          [](const Json& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
             const std::string& where) {
            return HeadType::count_parameters(typed_config<Config>(config, where), feature_info, num_classes);
          }};
}

Registry<HeadEntry>& head_registry();

// The values that "type" may take, and those of the heads that serve `task`.
std::vector<std::string> head_types();
std::vector<std::string> head_types(const std::string& task);

// Throws ConfigError, naming `where`, unless the head that `config` names serves `task`.
void require_head_task(const Json& config, const std::string& task, const std::string& where);

// `config` with the head's defaults filled in: {"type": "classification", "pooling": "average", ...}.
// Throws ConfigError for an unknown type or key; `where` is the config path for its message ("model.head").
Json resolve_head_config(const Json& config, const std::string& where);

// Whether the head that `config` names reads the backbone's embedding instead of its maps.
bool head_reads_embedding(const Json& config, const std::string& where);

// A head on maps such as `feature_info` describes. Throws ConfigError as resolve_head_config does.
std::shared_ptr<Head> make_head(const Json& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
                                const std::string& where);

// Parameters of what make_head() would make, without making it.
double count_head_parameters(const Json& config, const std::vector<FeatureInfo>& feature_info, int64_t num_classes,
                             const std::string& where);

}  // namespace multipole
