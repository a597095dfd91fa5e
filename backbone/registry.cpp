#include "backbone/registry.h"

#include "backbone/config/error.h"
#include "embedded/model_presets.h"

namespace multipole {

std::vector<std::string> preset_names() { return embedded::model_presets_names(); }

Json preset_config(const std::string& name) {
  const auto text = embedded::model_presets(name);
  if (text.empty()) throw ConfigError("unknown preset '" + name + "'" + suggest_name(name, preset_names()));
  return parse_json(text, "configs/models/" + name + ".json");
}

}  // namespace multipole
