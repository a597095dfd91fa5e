// Scripts that bring the page its data: a page from the disk may load those, but may read neither files nor the pixels
// of pictures (page/store.js).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tasks/segmentation/view/tile_pyramid.h"

namespace multipole {

// FOLDER/LEVEL/COLUMN_ROW: a file's path below the view, without its ending.
std::string tile_name(const std::string& folder, const TilePlace& place);

// What hands `bytes` to the page under the name.
std::string tile_script(const std::string& name, std::span<const uint8_t> bytes);

}  // namespace multipole
