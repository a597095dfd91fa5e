// The part of data_bands.h that reads files.
#pragma once

#include <string>
#include <vector>

#include "engine/training/data_bands.h"

namespace multipole {

// Measures the question's pictures. Throws ConfigError in a build without picture libraries.
std::vector<std::string> measure_into(const BandQuestion& question, Preprocessing& preprocessing);

}  // namespace multipole
