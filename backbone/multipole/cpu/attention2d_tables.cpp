#include "backbone/multipole/cpu/attention2d_tables.h"

#include <cstddef>

#include "backbone/multipole/cpu/storage.h"
#include "backbone/multipole/quadtree.h"

namespace multipole::cpu {
namespace {

// visit(index into (9 r^2, lanes), index into near_bias) for every key position and query of a cell
template <class Visit>
void for_each_near_pair(int64_t cell, int64_t lanes, Visit visit) {
  for (int64_t ky = 0; ky < 3 * cell; ++ky) {
    for (int64_t kx = 0; kx < 3 * cell; ++kx) {
      const int64_t key = (ky * 3 * cell + kx) * lanes;
      for (int64_t y = 0; y < cell; ++y) {
        const int64_t entry = near_bias_index(ky - cell - y, kx - cell, cell);
        for (int64_t x = 0; x < cell; ++x) visit(key + y * cell + x, entry - x);
      }
    }
  }
}

// visit(index into (36, lanes), index into far_bias or -1 where the cell is the child's neighbour)
template <class Visit>
void for_each_group_pair(int64_t rank, int64_t lanes, Visit visit) {
  for (int64_t key = 0; key < 36; ++key) {
    for (int64_t query = 0; query < 4 * rank; ++query) {
      const int64_t child = query / rank;
      const int64_t offset_y = key / 6 - 2 - child / 2, offset_x = key % 6 - 2 - child % 2;
      const bool near = is_near(offset_y, 0) && is_near(offset_x, 0);
      visit(key * lanes + query, near ? -1 : far_bias_index(offset_y, offset_x));
    }
  }
}

}  // namespace

int64_t table_lanes(int64_t queries, int64_t width) { return ceil_div(queries, width) * width; }

std::vector<float> expand_near_bias(const float* near_bias, int64_t heads, int64_t cell, int64_t width, float factor) {
  const int64_t lanes = table_lanes(cell * cell, width), table = 9 * cell * cell * lanes;
  const int64_t entries = near_bias_side(cell) * near_bias_side(cell);
  std::vector<float> out(static_cast<size_t>(heads * table), 0.0f);
  for (int64_t h = 0; h < heads; ++h) {
    for_each_near_pair(cell, lanes, [&](int64_t to, int64_t from) {
      out[static_cast<size_t>(h * table + to)] = near_bias[h * entries + from] * factor;
    });
  }
  return out;
}

void fold_near_table(const float* table, int64_t cell, int64_t width, float* near_bias) {
  for_each_near_pair(cell, table_lanes(cell * cell, width),
                     [&](int64_t from, int64_t to) { near_bias[to] += table[from]; });
}

std::vector<float> expand_far_bias(const float* far_bias, int64_t heads, int64_t rank, int64_t width, float factor) {
  const int64_t lanes = table_lanes(4 * rank, width), table = 36 * lanes, entries = kFarBiasSide * kFarBiasSide;
  std::vector<float> out(static_cast<size_t>(heads * table), 0.0f);
  for (int64_t h = 0; h < heads; ++h) {
    for_each_group_pair(rank, lanes, [&](int64_t to, int64_t from) {
      const float bias = from < 0 ? kMaskedScore : far_bias == nullptr ? 0.0f : far_bias[h * entries + from] * factor;
      out[static_cast<size_t>(h * table + to)] = bias;
    });
  }
  return out;
}

std::vector<float> sum_far_scores(const float* far_bias, int64_t heads, int64_t rank, float log2_mass) {
  constexpr size_t kPastTheEnd = 16;
  std::vector<float> out;
  for (int64_t i = 0; i < heads * kFarBiasSide * kFarBiasSide; ++i) {
    out.insert(out.end(), static_cast<size_t>(rank), log2_mass + (far_bias == nullptr ? 0.0f : far_bias[i]));
  }
  out.resize(out.size() + kPastTheEnd);
  return out;
}

void fold_group_table(const float* table, int64_t rank, int64_t width, float* far_bias) {
  for_each_group_pair(rank, table_lanes(4 * rank, width), [&](int64_t from, int64_t to) {
    if (to >= 0) far_bias[to] += table[from];
  });
}

}  // namespace multipole::cpu
