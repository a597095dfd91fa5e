// Label maps with the place on earth of the picture that they were made from.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "datasets/pictures/palette.h"
#include "datasets/rasters/geo_tags.h"

namespace multipole {

inline constexpr int kNodataLabel = 255;  // of pixels without data, in maps of classes

// Takes class ids row by row and writes them as a cloud-optimised GeoTIFF with a palette (datasets/rasters/cog.h).
// Memory holds a row of tiles; compressed tiles wait in a file without a name beside `path`.
class GeoTiffWriter {
 public:
  // `palette`: 256 colours. `nodata`: the label that the file calls no data, none where every label is a class. Throws
  // ResourceError where `path` cannot be written; the caller removes what is left.
  GeoTiffWriter(const std::filesystem::path& path, int64_t height, int64_t width,
                const std::vector<PaletteColor>& palette, const GeoTags& tags,
                std::optional<int> nodata = kNodataLabel);
  ~GeoTiffWriter();
  GeoTiffWriter(const GeoTiffWriter&) = delete;
  GeoTiffWriter& operator=(const GeoTiffWriter&) = delete;

  // (rows, width) uint8 ids.
  void write(const torch::Tensor& rows);
  // After the last row.
  void finish();

 private:
  class File;
  std::unique_ptr<File> file_;
};

}  // namespace multipole
