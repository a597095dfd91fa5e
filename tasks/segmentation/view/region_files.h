// Where the page finds the region under its pointer: every region of the map in the smallest cell of the tile pyramid
// that holds all of it, so that the few cells around a pixel, one of each level, hold all regions that may have it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>

#include "datasets/regions/region.h"
#include "heads/head.h"

namespace multipole {

class RegionFiles {
 public:
  static constexpr const char* kFolder = "regions";
  static constexpr size_t kMostHeldBytes = size_t{8} << 20;

  // Below `root`: regions/LEVEL/COLUMN_ROW.js, whose folders the caller makes.
  RegionFiles(std::filesystem::path root, ImageSize size, int64_t tile_side);

  // `mean_probability`: of its pixels' class, 0 to 1. Throws ResourceError.
  void add(const Region& region, double mean_probability);

  // After the last one; every cell has a file then.
  void finish();

 private:
  using Cell = std::tuple<int64_t, int64_t, int64_t>;  // level, column, row

  Cell smallest_cell(const CornerRing& outline) const;
  std::string name_of(const Cell& cell) const;
  // Appends what is held to the files.
  void write_out();

  std::filesystem::path root_;
  int64_t tile_side_, num_levels_;
  std::map<Cell, std::string> held_;  // JSON, a region a line
  size_t num_held_bytes_ = 0;
};

}  // namespace multipole
