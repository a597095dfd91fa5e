// What a model file says of itself.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"

namespace multipole {

// {"path", "bytes", "format_version", "task", "parameters", "architecture", "classes", "preprocessing", "training",
// "tensors": [{"name", "dtype", "shape"}]}. Throws ModelFileError.
Json describe_model(const std::filesystem::path& path);

// The same for people, with a line for each tensor where `tensors` is set.
std::string description_text(const Json& description, bool tensors);

}  // namespace multipole
