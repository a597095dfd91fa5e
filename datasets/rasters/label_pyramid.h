// A label map in tiles, and its smaller copies: each half the size of the one before, down to a single tile.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace multipole {

class LabelPyramid {
 public:
  static constexpr int64_t kTile = 512;  // pixels a side

  struct Level {
    int64_t height = 0, width = 0;
    int64_t tile_rows() const { return (height + kTile - 1) / kTile; }
    int64_t tile_columns() const { return (width + kTile - 1) / kTile; }
  };

  // Is given every tile (kTile, kTile), row by row within its level; level 0 is the map itself. What lies beyond the
  // map is `empty`.
  using TileSink = std::function<void(size_t level, const std::vector<uint8_t>& tile)>;

  LabelPyramid(int64_t height, int64_t width, uint8_t empty, TileSink sink);

  const std::vector<Level>& levels() const { return levels_; }

  // The next `count` rows of the map. A pixel of a copy is the label that most of its four have, the first of several;
  // `empty` only where all four are. Memory holds a row of tiles of every level.
  void write(const uint8_t* rows, int64_t count);

 private:
  struct Rows {
    std::vector<uint8_t> labels;  // (kTile, width)
    int64_t next = 0;             // row of the level
  };

  void push(size_t level, const uint8_t* row);
  void halve(size_t level, int64_t row);
  void flush(size_t level, int64_t rows);

  std::vector<Level> levels_;
  std::vector<Rows> rows_;
  uint8_t empty_;
  TileSink sink_;
};

}  // namespace multipole
