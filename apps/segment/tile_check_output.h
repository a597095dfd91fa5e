// What a picture's check of its tiles leaves: a line to read, its part of results.jsonl, and a picture.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "heads/head.h"
#include "tasks/segmentation/agreement/tile_check.h"

namespace multipole {

// "94.21% of 172800 pixels alike in 3 x 2 tiles of up to 240 x 224 and whole", or why it was not checked. size: the
// picture's.
std::string tile_check_text(const TileCheckResult& result, ImageSize size);

// {"tiles", "tile": [width, height], "overlap", "coarse_view"} and what MapAgreement says; "part": [x, y, width,
// height] where a part stands for the picture, in pixels. {"not_checked"} where it was not.
Json tile_check_json(const TileCheckResult& result, ImageSize size, const std::vector<std::string>& classes,
                     bool has_coarse_view);

// A palette PNG of the picture's size with the values of PixelDifference. Throws ResourceError.
void write_difference(const std::filesystem::path& path, const TileCheckResult& result, ImageSize size);

}  // namespace multipole
