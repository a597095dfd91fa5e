// Cloud-optimised GeoTIFF (OGC 21-026): what describes the picture and its smaller copies stands at the file's
// beginning, then come the tiles of the smallest copy, those of the picture last, so that who looks at a part of it
// over a network asks for few bytes. To other readers it is a TIFF in tiles.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "datasets/rasters/geo_tags.h"
#include "datasets/rasters/label_pyramid.h"
#include "datasets/rasters/tile_store.h"

namespace multipole {

struct CogTags {
  std::vector<std::array<uint8_t, 3>> palette;  // 256 colours
  GeoTags georeference;
  std::optional<int> nodata;  // the label of pixels without data
};

// Writes the tiles of all levels, which `store` holds; a BigTIFF where the file may grow beyond 4 GB. Throws
// ResourceError where `path` cannot be written; the caller removes what is left.
void write_cog(const std::filesystem::path& path, const std::vector<LabelPyramid::Level>& levels,
               const TileStore& store, const CogTags& tags);

}  // namespace multipole
