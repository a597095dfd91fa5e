// Writes procedural data to disk in the layouts of real data.
#pragma once

#include <filesystem>

#include "datasets/synthetic/synthetic.h"

namespace multipole {

// classify, long_range: ROOT/<split>/<class>/<number>.png. segment: ROOT/images/<split>/<number>.png,
// ROOT/annotations/<split>/<number>.png (palette PNG of class ids), ROOT/classes.txt. Splits are train and val.
// Throws ConfigError when ROOT exists and is not empty, ResourceError when it cannot be written.
void write_synthetic(const SyntheticConfig& config, const std::filesystem::path& root);

}  // namespace multipole
