// Writes rasters of every kind that the reader must read.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "datasets/rasters/geo_tags.h"
#include "datasets/rasters/sample_type.h"

namespace multipole::test {

struct RasterKind {
  SampleType type = SampleType::kUInt16;
  bool separate = false;  // a plane for each band
  uint32_t tile = 0;      // pixels a side, a multiple of 16; 0: strips
  uint32_t rows_per_strip = 8;
  int compression = 1;      // libtiff's number
  bool big = false;         // BigTIFF
  std::string nodata = {};  // GDAL's tag; empty: none
  bool alpha = false;       // the last band is called so
  torch::Tensor mask = {};  // (H, W) bool, as a page of its own behind overviews
  bool overview = false;    // a smaller copy as the second page
  bool rgb = false;         // the first three bands are called so
  std::optional<GeoTags> place = {};
};

// Of a raster whose upper left corner is (x, y) and whose pixels are `pixel` large, north up, in a projected system.
GeoTags north_up_tags(double x, double y, double pixel, uint16_t epsg);

// (H, W, C) float64: whole numbers within the type's range, or any for floating point.
torch::Tensor random_numbers(int64_t height, int64_t width, int64_t bands, SampleType type);

void write_raster(const std::filesystem::path& path, const torch::Tensor& numbers, const RasterKind& kind);

}  // namespace multipole::test
