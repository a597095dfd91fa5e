#include "tasks/segmentation/inference/tile_options.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace multipole {

TileOptions parse_tile_options(const std::string& tile, const std::optional<int64_t>& overlap) {
  TileOptions options;
  options.overlap = overlap;
  if (tile == "auto") return options;
  options.mode = tile == "none" ? TileMode::kNone : TileMode::kFixed;
  if (options.mode == TileMode::kNone) return options;
  const char* const end = tile.data() + tile.size();
  const auto [stop, code] = std::from_chars(tile.data(), end, options.tile);
  if (code != std::errc() || stop != end || options.tile < 1) {
    throw ConfigError("--tile " + tile + ": expected auto, none or a number of pixels");
  }
  return options;
}

int64_t default_overlap(int64_t tile) { return std::clamp<int64_t>(tile / 8, 32, 256); }

}  // namespace multipole
