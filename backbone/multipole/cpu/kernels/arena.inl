// A task's keys and values: copied once into contiguous rows (as Products::pack_row says, padded to the SIMD width), so
// that the tiles read them with one offset whatever the layout and type of the tensors; and the lists of keys of cells.

MULTIPOLE_INLINE int64_t padded(int64_t dim) { return ceil_div(dim, kWidth) * kWidth; }

// The tokens of a cell that are inside the grid.
struct CellTokens {
  int64_t y, x, rows, columns;
};

MULTIPOLE_INLINE CellTokens tokens_of_cell(const Attention2dParams& p, int64_t cy, int64_t cx) {
  const int64_t y = cy * p.cell, x = cx * p.cell;
  return {y, x, smaller(p.cell, p.height - y), smaller(p.cell, p.width - x)};
}

// The tokens of one head of one image. Made where it is used and passed by value, so that its strides stay in
// registers.
struct HeadView {
  void* data;
  int64_t first, row, column;

  MULTIPOLE_INLINE_MEMBER int64_t element(int64_t y, int64_t x) const { return first + y * row + x * column; }
};

MULTIPOLE_INLINE HeadView view_of_head(const TokenView& view, int64_t b, int64_t h) {
  return {view.data, view.element(b, 0, 0, h), view.row, view.column};
}

// Key rows of a row of cells, and where they begin.
MULTIPOLE_INLINE int64_t key_rows_of_cell_row(const Attention2dParams& p) {
  return p.cell_columns * slots_of_cell(p.cell);
}
MULTIPOLE_INLINE int64_t first_key_row(const Attention2dParams& p, const ArenaLayout& layout, int64_t cy) {
  return cy % layout.ring_rows * key_rows_of_cell_row(p);
}

// visit(y, x, key row of the arena) for every token of the cells of one row.
template <class Visit>
MULTIPOLE_INLINE void for_each_token_of_cell_row(const Attention2dParams& p, const ArenaLayout& layout, int64_t cy,
                                                 Visit visit) {
  int64_t cell_row = first_key_row(p, layout, cy);
  for (int64_t cx = 0; cx < p.cell_columns; ++cx, cell_row += slots_of_cell(p.cell)) {
    const CellTokens cell = tokens_of_cell(p, cy, cx);
    int64_t row = cell_row;
    for (int64_t y = cell.y; y < cell.y + cell.rows; ++y) {
      for (int64_t x = cell.x; x < cell.x + cell.columns; ++x) visit(y, x, row++);
    }
  }
}

// The keys and values of a row of cells, in the place of those three rows before. The tasks pack a row when they first
// need it, so that it is still in the cache.
template <class Products>
static void pack_cell_row(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout,
                          int64_t cy, const Workspace& w) {
  if (cy < layout.cell_row_begin || cy >= layout.cell_row_end) return;
  const int64_t dim = p.head_dim, padded_dim = padded(dim);
  const Storage storage = p.storage;
  float *const key_arena = w.key_arena, *const value_arena = w.value_arena;
  const HeadView key = view_of_head(p.key, task.b, task.h), value = view_of_head(p.value, task.b, task.h);
  for_each_token_of_cell_row(p, layout, cy, [=](int64_t y, int64_t x, int64_t row) {
    Products::pack_row(key.data, key.element(y, x), dim, padded_dim, storage, key_arena, row * padded_dim);
    Products::pack_row(value.data, value.element(y, x), dim, padded_dim, storage, value_arena, row * padded_dim);
  });
}

// Asks for a cell's rows of a token tensor; Write: to be written.
template <int Write>
MULTIPOLE_INLINE void prefetch_cell(const Attention2dParams& p, const TokenView& view, int64_t b, int64_t h, int64_t cy,
                                    int64_t cx) {
  const int64_t element_bytes = p.storage == Storage::float32 ? 4 : 2;
  const CellTokens cell = tokens_of_cell(p, cy, cx);
  const HeadView head = view_of_head(view, b, h);
  for (int64_t y = cell.y; y < cell.y + cell.rows; ++y) {
    const char* row = static_cast<const char*>(head.data) + head.element(y, cell.x) * element_bytes;
    for (int64_t x = 0; x < cell.columns; ++x, row += head.column * element_bytes) {
      for (int64_t byte = 0; byte < p.head_dim * element_bytes; byte += 64) __builtin_prefetch(row + byte, Write, 2);
    }
  }
}

// Asks for what the thread reads of a token tensor after two more rows of cells: of this task, or else of its next one.
MULTIPOLE_INLINE void prefetch_ahead(const Attention2dParams& p, const TokenView& view, const Attention2dTask& task,
                                     const ArenaLayout& layout, int64_t cy, int64_t cx) {
  const int64_t row = cy + 2;
  if (row < layout.cell_row_end) {
    prefetch_cell<0>(p, view, task.b, task.h, row, cx);
  } else if (task.next != nullptr) {
    const int64_t next_row = task.next->cell_row_begin + row - layout.cell_row_end;
    if (next_row < task.next->cell_row_end) prefetch_cell<0>(p, view, task.next->b, task.next->h, next_row, cx);
  }
}

template <class Products>
static void pack_level(const Attention2dParams& p, const ArenaLayout& layout, int64_t l, int64_t b, int64_t h,
                       const SummaryView& from, float* arena) {
  const int64_t padded_dim = padded(p.head_dim);
  int64_t row = layout.level_offset[l];
  for (int64_t y = layout.level_row_begin[l]; y < layout.level_row_end[l]; ++y) {
    for (int64_t x = 0; x < p.level[l].columns; ++x) {
      for (int64_t j = 0; j < p.rank; ++j, ++row) {
        Products::pack_row(from.data, from.element(b, y, x, j, h), p.head_dim, padded_dim, p.storage, arena,
                           row * padded_dim);
      }
    }
  }
}

template <class Products>
static void pack_levels(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout,
                        const Workspace& w) {
  for (int64_t l = 0; l < p.levels; ++l) {
    if (layout.level_row_begin[l] >= layout.level_row_end[l]) continue;
    pack_level<Products>(p, layout, l, task.b, task.h, p.level[l].key, w.key_arena);
    pack_level<Products>(p, layout, l, task.b, task.h, p.level[l].value, w.value_arena);
  }
}

// The near field of cell (cy, cx): every token of the 3 x 3 cells around it. The table has a row for each place in the
// full 3r x 3r square.
static KeyList near_list(const Attention2dParams& p, const ArenaLayout& layout, int64_t h, int64_t cy, int64_t cx,
                         const Workspace& w) {
  const int64_t r = p.cell, padded_dim = padded(p.head_dim), stride = p.near_table_stride;
  int64_t count = 0;
  for (int64_t ky = larger(0, cy - 1); ky < smaller(p.cell_rows, cy + 2); ++ky) {
    for (int64_t kx = larger(0, cx - 1); kx < smaller(p.cell_columns, cx + 2); ++kx) {
      const CellTokens cell = tokens_of_cell(p, ky, kx);
      const int64_t tokens = cell.rows * cell.columns;
      const int64_t first = (first_key_row(p, layout, ky) + kx * slots_of_cell(r)) * padded_dim;
      for (int64_t i = 0; i < tokens; ++i) w.near_offset[count + i] = first + i * padded_dim;
      if (p.near_table != nullptr) {
        int32_t* offset = w.near_table_offset + count;
        for (int64_t y = 0; y < cell.rows; ++y) {
          int64_t entry = (((ky - cy + 1) * r + y) * 3 * r + (kx - cx + 1) * r) * stride;
          for (int64_t x = 0; x < cell.columns; ++x, entry += stride) *offset++ = static_cast<int32_t>(entry);
        }
      }
      count += tokens;
    }
  }
  const float* table = p.near_table == nullptr ? nullptr : p.near_table + h * 9 * r * r * stride;
  return {count, w.near_offset, nullptr, w.near_table_offset, table, 0, w.near_pairs};
}

// Appends the real summaries of level-l cell (y, x) to the far lists from `count` on; returns the new count.
MULTIPOLE_INLINE int64_t append_summaries(const Attention2dParams& p, const ArenaLayout& layout, int64_t l, int64_t y,
                                          int64_t x, float bias, int32_t table_offset, int64_t count,
                                          const Workspace& w) {
  const LevelParams& level = p.level[l];
  const int64_t first = layout.level_offset[l] + ((y - layout.level_row_begin[l]) * level.columns + x) * p.rank;
  for (int64_t jy = 0; jy < p.subcells; ++jy) {
    for (int64_t jx = 0; jx < p.subcells; ++jx) {
      const float log2_mass = level.log2_rows[y * p.subcells + jy] + level.log2_columns[x * p.subcells + jx];
      if (log2_mass < 0) continue;  // an empty sub-cell: no token stands behind it
      w.far_offset[count] = (first + jy * p.subcells + jx) * padded(p.head_dim);
      w.far_bias[count] = log2_mass + bias;
      w.far_table_offset[count] = table_offset;
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
  int64_t count = 0, kept = 0;
  bool same = true;
  for (int64_t l = p.levels - 1; l >= 0; --l) {
    const int64_t y = cy >> l, x = cx >> l;
    if (same && list->cell_y[l] == y && list->cell_x[l] == x) {
      kept = count = list->end[l];
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
        count =
            append_summaries(p, layout, l, ky, kx, bias, static_cast<int32_t>((l * table + entry) * kWidth), count, w);
      }
    }
    list->cell_y[l] = y;
    list->cell_x[l] = x;
    list->end[l] = count;
  }
  return {count, w.far_offset, w.far_bias, w.far_table_offset, nullptr, kept, w.far_pairs};
}
