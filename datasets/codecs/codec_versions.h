// Which picture libraries the program runs with.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace multipole {

// (name, version); empty in a build without them.
std::vector<std::pair<std::string, std::string>> codec_versions();

}  // namespace multipole
