// The presets: backbone configs under configs/models/, compiled into the library.
#pragma once

#include <string>
#include <vector>

#include "backbone/config/json.h"

namespace multipole {

// Names of the presets, from the smallest to the largest.
std::vector<std::string> preset_names();

// The preset's JSON, one key one field of PyramidConfig. Throws ConfigError for an unknown name.
Json preset_config(const std::string& name);

}  // namespace multipole
