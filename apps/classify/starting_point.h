// What --init and --recipe put below the user's own settings.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "backbone/config/json.h"

namespace multipole {

// The architecture and preprocessing of a model file become the defaults; another safetensors file brings none.
// Throws ModelFileError.
void start_from_model(Json& settings, const std::filesystem::path& init);

// Looks at the data and fills in all that `settings` leave open (engine/recipes/recipe.h); `init` may be empty. Returns
// the choices with their reasons, one a line. Throws what opening the data throws.
std::vector<std::string> apply_auto_recipe(Json& settings, const std::filesystem::path& data,
                                           const std::filesystem::path& init, double minutes);

}  // namespace multipole
