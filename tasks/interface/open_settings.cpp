#include "tasks/interface/open_settings.h"

#include <utility>

namespace multipole {

bool has_key(const Json& settings, const char* section, const char* key) {
  return settings.contains(section) && settings[section].is_object() && settings[section].contains(key);
}

bool set_default(Json& object, const std::vector<std::string>& path, const Json& value) {
  Json* place = &object;
  for (const auto& key : path) {
    if (!place->is_object()) return false;
    place = &(*place)[key];
    if (place->is_null()) *place = Json::object();
  }
  if (!place->is_object() || !place->empty()) return false;
  *place = value;
  return true;
}

void put_below(Json& settings, Json defaults) {
  merge_json(defaults, settings);
  settings = std::move(defaults);
}

}  // namespace multipole
