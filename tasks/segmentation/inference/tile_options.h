// Whether a picture is segmented whole or in tiles, as the user asks for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace multipole {

enum class TileMode { kAuto, kNone, kFixed };

struct TileOptions {
  TileMode mode = TileMode::kAuto;  // whole where memory and the training allow, else the largest tiles that they do
  int64_t tile = 0;                 // pixels a side, for kFixed
  std::optional<int64_t> overlap = {};  // pixels that tiles share; default_overlap() where it is not given
};

// "auto", "none" or a number of pixels. Throws ConfigError.
TileOptions parse_tile_options(const std::string& tile, const std::optional<int64_t>& overlap);

// An eighth of the tile, from 32 to 256 pixels.
int64_t default_overlap(int64_t tile);

}  // namespace multipole
