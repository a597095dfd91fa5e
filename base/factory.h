// How an object is made from {"type": "name", ...}: what most registries hold of each entry.
#pragma once

#include <memory>
#include <string>

#include "base/fields.h"

namespace multipole {

// `config` without its "type", unless Config has that field itself.
template <ConfigStruct Config>
Config typed_config(Json config, const std::string& where) {
  if constexpr (!requires(Config & self) { self.type; }) config.erase("type");
  return config_from_json<Config>(config, where);
}

// `config` with every default of Config written out, its "type" first.
template <ConfigStruct Config>
Json resolve_typed(const Json& config, const std::string& where) {
  Json resolved = {{"type", config["type"]}};
  resolved.update(to_json_config(typed_config<Config>(config, where)));
  return resolved;
}

// Context: what an object needs to know of its place besides its config.
template <class T, class... Context>
struct Factory {
  Json (*resolve)(const Json& config, const std::string& where);
  std::unique_ptr<T> (*make)(const Json& config, const Context&... context, const std::string& where);
};

// Makes a Type(const Config&, const Context&...).
template <class T, class Type, class Config, class... Context>
constexpr Factory<T, Context...> factory_of() {
  return {resolve_typed<Config>,
          [](const Json& config, const Context&... context, const std::string& where) -> std::unique_ptr<T> {
            return std::make_unique<Type>(typed_config<Config>(config, where), context...);
          }};
}

}  // namespace multipole
