// A task's keys and values: copied once into contiguous rows (float32, padded to the SIMD width), so that the tiles read
// them with one offset whatever the layout and type of the tensors, and the lists of keys of a cell.

MULTIPOLE_INLINE int64_t padded(int64_t dim) { return ceil_div(dim, kWidth) * kWidth; }

MULTIPOLE_INLINE void pack_row(const void* base, int64_t element, const Attention2dParams& p, int64_t padded_dim,
                               float* to) {
  load_row(to, base, element, p.head_dim, p.storage);
  for (int64_t c = p.head_dim; c < padded_dim; ++c) to[c] = 0;
}

static void pack_tokens(const Attention2dParams& p, const ArenaLayout& layout, int64_t b, int64_t h,
                        const TokenView& from, float* arena) {
  const int64_t padded_dim = padded(p.head_dim);
  for (int64_t y = layout.token_row_begin; y < layout.token_row_end; ++y) {
    for (int64_t x = 0; x < p.width; ++x, arena += padded_dim) {
      pack_row(from.data, from.element(b, y, x, h), p, padded_dim, arena);
    }
  }
}

static void pack_level(const Attention2dParams& p, const ArenaLayout& layout, int64_t l, int64_t b, int64_t h,
                       const SummaryView& from, float* arena) {
  const int64_t padded_dim = padded(p.head_dim);
  arena += layout.level_offset[l] * padded_dim;
  for (int64_t y = layout.level_row_begin[l]; y < layout.level_row_end[l]; ++y) {
    for (int64_t x = 0; x < p.level[l].columns; ++x) {
      for (int64_t j = 0; j < p.rank; ++j, arena += padded_dim) {
        pack_row(from.data, from.element(b, y, x, j, h), p, padded_dim, arena);
      }
    }
  }
}

static void pack_task(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout,
                      const Workspace& w) {
  pack_tokens(p, layout, task.b, task.h, p.key, w.key_arena);
  pack_tokens(p, layout, task.b, task.h, p.value, w.value_arena);
  for (int64_t l = 0; l < p.levels; ++l) {
    if (layout.level_row_begin[l] >= layout.level_row_end[l]) continue;
    pack_level(p, layout, l, task.b, task.h, p.level[l].key, w.key_arena);
    pack_level(p, layout, l, task.b, task.h, p.level[l].value, w.value_arena);
  }
}

// The near field of cell (cy, cx): every token of the 3 x 3 cells around it. Positions count in the full 3r x 3r square.
static KeyList near_list(const Attention2dParams& p, const ArenaLayout& layout, int64_t h, int64_t cy, int64_t cx,
                         const Workspace& w) {
  const int64_t r = p.cell, padded_dim = padded(p.head_dim);
  const int64_t top = (cy - 1) * r, left = (cx - 1) * r;
  const int64_t x_begin = larger(0, left), x_end = smaller(p.width, left + 3 * r);
  int64_t count = 0;
  for (int64_t y = larger(0, top); y < smaller(p.height, top + 3 * r); ++y) {
    const int64_t row = (y - layout.token_row_begin) * p.width;
    for (int64_t x = x_begin; x < x_end; ++x, ++count) {
      w.near_offset[count] = (row + x) * padded_dim;
      w.near_position[count] = static_cast<int32_t>((y - top) * 3 * r + x - left);
    }
  }
  const float* table = p.near_table == nullptr ? nullptr : p.near_table + h * 9 * r * r * p.near_table_stride;
  return {count, w.near_offset, nullptr, w.near_position, table, p.near_table_stride};
}

// Appends the real summaries of level-l cell (y, x) to the far lists from `count` on; returns the new count.
MULTIPOLE_INLINE int64_t append_summaries(const Attention2dParams& p, const ArenaLayout& layout, int64_t l, int64_t y,
                                          int64_t x, float bias, int32_t position, int64_t count, const Workspace& w) {
  const LevelParams& level = p.level[l];
  const int64_t first = layout.level_offset[l] + ((y - layout.level_row_begin[l]) * level.columns + x) * p.rank;
  for (int64_t jy = 0; jy < p.subcells; ++jy) {
    for (int64_t jx = 0; jx < p.subcells; ++jx) {
      const float log2_mass = level.log2_rows[y * p.subcells + jy] + level.log2_columns[x * p.subcells + jx];
      if (log2_mass < 0) continue;  // an empty sub-cell: no token stands behind it
      w.far_offset[count] = (first + jy * p.subcells + jx) * padded(p.head_dim);
      w.far_bias[count] = log2_mass + bias;
      w.far_position[count] = position;
      ++count;
    }
  }
  return count;
}

// The far keys of a level-1 cell, coarsest level first. Neighbouring cells share their coarse levels, so moving on
// rebuilds only the levels whose cell has changed.
struct FarList {
  int64_t cell_y[kMaxLevels], cell_x[kMaxLevels];
  int64_t end[kMaxLevels];  // of the keys of levels >= l
};

MULTIPOLE_INLINE void reset(FarList* list) {
  for (int l = 0; l < kMaxLevels; ++l) list->cell_y[l] = -1;
}

static KeyList far_list(const Attention2dParams& p, const ArenaLayout& layout, int64_t h, int64_t cy, int64_t cx,
                        const Workspace& w, FarList* list) {
  int64_t count = 0;
  bool same = true;
  for (int64_t l = p.levels - 1; l >= 0; --l) {
    const int64_t y = cy >> l, x = cx >> l;
    if (same && list->cell_y[l] == y && list->cell_x[l] == x) {
      count = list->end[l];
      continue;
    }
    same = false;
    const LevelParams& level = p.level[l];
    const IndexRange rows = parent_near_cells(y, level.rows), columns = parent_near_cells(x, level.columns);
    for (int64_t ky = rows.begin; ky < rows.end; ++ky) {
      for (int64_t kx = columns.begin; kx < columns.end; ++kx) {
        if (is_near(y, ky) && is_near(x, kx)) continue;
        const int64_t entry = far_bias_index(ky - y, kx - x);
        const int64_t table = kFarBiasSide * kFarBiasSide;
        const float bias = level.far_bias == nullptr ? 0.0f : level.far_bias[h * table + entry];
        count = append_summaries(p, layout, l, ky, kx, bias, static_cast<int32_t>(l * table + entry), count, w);
      }
    }
    list->cell_y[l] = y;
    list->cell_x[l] = x;
    list->end[l] = count;
  }
  return {count, w.far_offset, w.far_bias, nullptr, nullptr, 0};
}
