#include "backbone/attention/mechanisms/neighborhood_axis.h"

#include <algorithm>

namespace multipole {

NeighborhoodAxis::NeighborhoodAxis(int64_t size, int64_t kernel, int64_t dilation, int64_t tile_size)
    : tile(tile_size), keys(tile_size + kernel - 1), position(size) {
  // tokens that differ by multiples of the dilation never meet those of another phase
  for (int64_t phase = 0; phase < std::min(dilation, size); ++phase) {
    const int64_t members = (size - phase + dilation - 1) / dilation;
    const auto token = [&](int64_t member) { return phase + dilation * std::min(member, members - 1); };
    const auto first_seen = [&](int64_t member) {
      return std::clamp<int64_t>(member - kernel / 2, 0, std::max<int64_t>(0, members - kernel));
    };
    for (int64_t start = 0; start < members; start += tile, ++num_tiles) {
      const int64_t first_key = first_seen(start);
      for (int64_t j = 0; j < keys; ++j) key.push_back(token(first_key + j));
      for (int64_t i = 0; i < tile; ++i) {
        const int64_t member = std::min(start + i, members - 1);
        if (start + i < members) position[token(member)] = static_cast<int64_t>(query.size());
        query.push_back(token(member));
        const int64_t low = first_seen(member), high = std::min(low + kernel, members);
        for (int64_t j = 0; j < keys; ++j) {
          const int64_t other = first_key + j;
          offset.push_back(other >= low && other < high ? other - member + kernel - 1 : -1);
        }
      }
    }
  }
}

}  // namespace multipole
