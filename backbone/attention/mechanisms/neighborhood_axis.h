// One axis of neighborhood attention as index tables: queries in short tiles, each with the keys that any of them sees.
#pragma once

#include <cstdint>
#include <vector>

namespace multipole {

struct NeighborhoodAxis {
  // Tokens of `size` in tiles of `tile` queries; kernel and dilation as NeighborhoodConfig has them.
  NeighborhoodAxis(int64_t size, int64_t kernel, int64_t dilation, int64_t tile);

  int64_t num_tiles = 0;
  int64_t tile = 0;               // queries of a tile
  int64_t keys = 0;               // keys of a tile: tile + kernel - 1
  std::vector<int64_t> query;     // (num_tiles, tile): token of each query; filling repeats a real one
  std::vector<int64_t> key;       // (num_tiles, keys): token of each key; filling repeats a real one
  std::vector<int64_t> offset;    // (num_tiles, tile, keys): steps from query to key plus kernel - 1; -1 where unseen
  std::vector<int64_t> position;  // (size): place of each token in `query`
};

}  // namespace multipole
