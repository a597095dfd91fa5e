// What settings leave open.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

bool has_key(const Json& settings, const char* section, const char* key);

// Sets object[path[0]][path[1]]... where nothing stands there yet; whether it did.
bool set_default(Json& object, const std::vector<std::string>& path, const Json& value);

// `defaults` for all that `settings` leave open.
void put_below(Json& settings, Json defaults);

}  // namespace multipole
