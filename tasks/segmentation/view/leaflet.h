// The library that draws the map in the browser (libjs-leaflet), copied beside each view so that it needs no network.
#pragma once

#include <filesystem>
#include <vector>

namespace multipole {

// Where it may be: in the folder that `make install` made for the program, or in the system's.
std::vector<std::filesystem::path> leaflet_folders();

// The first that holds it. Throws ConfigError that names the package where none does.
std::filesystem::path find_leaflet(const std::vector<std::filesystem::path>& folders = leaflet_folders());

// What a view needs of it. Throws ResourceError.
void copy_leaflet(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace multipole
