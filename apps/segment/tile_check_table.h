// The checks of tiles of all pictures together, for people.
#pragma once

#include <filesystem>
#include <string>

namespace multipole {

// From the lines of results.jsonl. Pixels of all pictures count alike.
std::string tile_check_table(const std::filesystem::path& results);

}  // namespace multipole
