#include <algorithm>
#include <functional>

#include "backbone/config/error.h"
#include "backbone/config/fields.h"
#include "engine/training/optimizers/adamw.h"
#include "engine/training/optimizers/lion.h"
#include "engine/training/optimizers/muon.h"
#include "engine/training/optimizers/optimizer.h"
#include "engine/training/optimizers/sgd.h"

namespace multipole {

namespace {

struct OptimizerEntry {
  std::string type;
  std::function<Json(const Json& fields, const std::string& where)> resolve;
  std::function<std::unique_ptr<Optimizer>(const Json& fields, const std::vector<ParameterGroup>&,
                                           const std::string& where)>
      make;
};

template <class Config, class OptimizerType>
OptimizerEntry entry(std::string type) {
  return {std::move(type),
          [](const Json& fields, const std::string& where) {
            return to_json_config(config_from_json<Config>(fields, where));
          },
          [](const Json& fields, const std::vector<ParameterGroup>& groups,
             const std::string& where) -> std::unique_ptr<Optimizer> {
            return std::make_unique<OptimizerType>(config_from_json<Config>(fields, where), groups);
          }};
}

const std::vector<OptimizerEntry>& entries() {
  static const std::vector<OptimizerEntry> list = {
      entry<AdamWConfig, AdamW>("adamw"),
      entry<SgdConfig, Sgd>("sgd"),
      entry<LionConfig, Lion>("lion"),
      entry<MuonConfig, Muon>("muon"),
  };
  return list;
}

// The entry that config["type"] names and the fields beside it.
std::pair<const OptimizerEntry&, Json> find_entry(const Json& config, const std::string& where) {
  if (!config.is_object() || !config.contains("type") || !config["type"].is_string()) {
    throw ConfigError(where + ": expected an object with a \"type\", got " + config.dump());
  }
  const auto type = config["type"].get<std::string>();
  const auto& list = entries();
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const OptimizerEntry& item) { return item.type == type; });
  if (found == list.end()) {
    throw ConfigError(where + ".type: unknown optimizer '" + type + "'" + suggest_name(type, optimizer_types()));
  }
  Json fields = config;
  fields.erase("type");
  return {*found, fields};
}

}  // namespace

std::vector<std::string> optimizer_types() {
  std::vector<std::string> types;
  for (const auto& item : entries()) types.push_back(item.type);
  return types;
}

Json resolve_optimizer_config(const Json& config, const std::string& where) {
  const auto [item, fields] = find_entry(config, where);
  Json resolved = {{"type", item.type}};
  resolved.update(item.resolve(fields, where));
  return resolved;
}

std::unique_ptr<Optimizer> make_optimizer(const Json& config, const std::vector<ParameterGroup>& groups,
                                          const std::string& where) {
  const auto [item, fields] = find_entry(config, where);
  return item.make(fields, groups, where);
}

}  // namespace multipole
