// Label maps with the place on earth of the picture that they were made from: the GeoTIFF tags (OGC 19-008r4) are
// copied as they are, none is interpreted.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/pictures/png_writer.h"

namespace multipole {

struct GeoTags {
  std::vector<double> pixel_scale, tiepoints, transformation;  // ModelPixelScale, ModelTiepoint, ModelTransformation
  std::vector<uint16_t> keys;                                  // GeoKeyDirectory
  std::vector<double> key_doubles;                             // GeoDoubleParams
  std::string key_text;                                        // GeoAsciiParams
};

// Nothing for what is no TIFF, has no such tags, or is stored turned (the tags would not fit the upright map).
std::optional<GeoTags> read_geo_tags(const std::filesystem::path& path);

// Writes a palette TIFF of class ids row by row.
class GeoTiffWriter {
 public:
  // `palette`: 256 colours. Throws ResourceError where `path` cannot be written; the caller removes what is left.
  GeoTiffWriter(const std::filesystem::path& path, int64_t height, int64_t width,
                const std::vector<PaletteColor>& palette, const GeoTags& tags);
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
  int64_t next_row_ = 0;
};

}  // namespace multipole
