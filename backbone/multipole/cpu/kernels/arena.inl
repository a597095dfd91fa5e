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

MULTIPOLE_INLINE int64_t first_key_row_of_cell(const Attention2dParams& p, const ArenaLayout& layout, int64_t cy,
                                               int64_t cx) {
  return (cy % layout.ring_rows * layout.columns.size() + cx - layout.columns.begin) * slots_of_cell(p.cell);
}

// visit(y, x, key row of the arena) for every token of a cell.
template <class Visit>
MULTIPOLE_INLINE void for_each_token_of_cell(const Attention2dParams& p, const ArenaLayout& layout, int64_t cy,
                                             int64_t cx, Visit visit) {
  const CellTokens cell = tokens_of_cell(p, cy, cx);
  int64_t row = first_key_row_of_cell(p, layout, cy, cx);
  for (int64_t y = cell.y; y < cell.y + cell.rows; ++y) {
    for (int64_t x = cell.x; x < cell.x + cell.columns; ++x) visit(y, x, row++);
  }
}

// The keys and values of a cell, in the place of those of the cell three rows before.
template <class Products>
static void pack_cell(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout, int64_t cy,
                      int64_t cx, const Workspace& w) {
  const int64_t dim = p.head_dim, padded_dim = padded(dim);
  const Storage storage = p.storage;
  float *const key_arena = w.key_arena, *const value_arena = w.value_arena;
  const HeadView key = view_of_head(p.key, task.b, task.h), value = view_of_head(p.value, task.b, task.h);
  for_each_token_of_cell(p, layout, cy, cx, [=](int64_t y, int64_t x, int64_t row) {
    Products::pack_row(key.data, key.element(y, x), dim, padded_dim, storage, key_arena, row * padded_dim);
    Products::pack_row(value.data, value.element(y, x), dim, padded_dim, storage, value_arena, row * padded_dim);
  });
  const CellTokens cell = tokens_of_cell(p, cy, cx);
  Products::finish_cell(w, first_key_row_of_cell(p, layout, cy, cx) * padded_dim, cell.rows * cell.columns, padded_dim);
}

template <class Products>
static void pack_level(const Attention2dParams& p, const ArenaLayout& layout, int64_t l, int64_t b, int64_t h,
                       const SummaryView& from, float* arena) {
  const int64_t padded_dim = padded(p.head_dim);
  int64_t row = layout.level_offset[l];
  const IndexRange rows = layout.level_rows[l], columns = layout.level_columns[l];
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = columns.begin; x < columns.end; ++x) {
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
      const int64_t first = first_key_row_of_cell(p, layout, ky, kx) * padded_dim;
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
  return {count, w.near_offset, nullptr, w.near_table_offset, table, 0, w.near_pairs, w.near_blocks, true};
}

MULTIPOLE_INLINE int64_t first_key_row_of_summaries(const Attention2dParams& p, const ArenaLayout& layout, int64_t l,
                                                    int64_t y, int64_t x) {
  const IndexRange rows = layout.level_rows[l], columns = layout.level_columns[l];
  return layout.level_offset[l] + ((y - rows.begin) * columns.size() + x - columns.begin) * p.rank;
}

// Where the gradient of an entry of a level's far_bias is collected: see Workspace::d_far_table.
MULTIPOLE_INLINE int32_t far_table_offset(int64_t l, int64_t entry) {
  return static_cast<int32_t>((l * kFarBiasSide * kFarBiasSide + entry) * kWidth);
}

// Appends the summaries of level-l cell (y, x) that have a mass to the far lists from `count` on; returns the new count.
MULTIPOLE_INLINE int64_t append_summaries(const Attention2dParams& p, const Attention2dTask& task,
                                          const ArenaLayout& layout, int64_t l, int64_t y, int64_t x, float bias,
                                          int32_t table_offset, int64_t count, const Workspace& w) {
  const LevelParams& level = p.level[l];
  const int64_t subcells = p.subcells, padded_dim = padded(p.head_dim);
  const float* const log2_rows = level.log2_rows + y * subcells;
  const float* const log2_columns = level.log2_columns + x * subcells;
  const float* masses = level.log2_mass;  // of the cell's summaries, or null
  if (masses != nullptr) {
    masses += (((task.b * p.heads + task.h) * level.rows + y) * level.columns + x) * p.rank;
  }
  int64_t* const offset = w.far_offset;
  float* const biases = w.far_bias;
  int32_t* const table_offsets = w.far_table_offset;
  int64_t first = first_key_row_of_summaries(p, layout, l, y, x) * padded_dim;
  for (int64_t jy = 0; jy < subcells; ++jy) {
    for (int64_t jx = 0; jx < subcells; ++jx, first += padded_dim) {
      const float log2_mass = masses == nullptr ? log2_rows[jy] + log2_columns[jx] : masses[jy * subcells + jx];
      if (is_masked(log2_mass)) continue;  // an empty sub-cell: no token stands behind it
      offset[count] = first;
      biases[count] = log2_mass + bias;
      table_offsets[count] = table_offset;
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

// A row of cells of a far level as one cell of that level sees it.
struct FarRow {
  int64_t level, y;
  int64_t offset_y;  // from the cell that sees it
  int64_t x;         // of the cell that sees it
};

// Appends the summaries of cells [begin, end) of a row; the range may be empty.
MULTIPOLE_INLINE int64_t append_row(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout,
                                    const FarRow& row, int64_t begin, int64_t end, int64_t count, const Workspace& w) {
  const LevelParams& level = p.level[row.level];
  constexpr int64_t kEntries = kFarBiasSide * kFarBiasSide;
  if (level.far_scores == nullptr) {
    for (int64_t x = begin; x < end; ++x) {
      const int64_t entry = far_bias_index(row.offset_y, x - row.x);
      const float bias = level.far_bias == nullptr ? 0.0f : level.far_bias[task.h * kEntries + entry];
      count = append_summaries(p, task, layout, row.level, row.y, x, bias, far_table_offset(row.level, entry), count, w);
    }
    return count;
  }
  if (begin >= end) return count;
  const int64_t keys = (end - begin) * p.rank, padded_dim = padded(p.head_dim);
  const int64_t entry = far_bias_index(row.offset_y, begin - row.x);
  const float* scores = level.far_scores + (task.h * kEntries + entry) * p.rank;
  const int64_t first = first_key_row_of_summaries(p, layout, row.level, row.y, begin) * padded_dim;
  for (int64_t i = 0; i < keys; i += kWidth) {
    store(w.far_bias + count + i, load(scores + i));
    int64_t* offset = w.far_offset + count + i;
    for (int lane = 0; lane < kWidth; ++lane) offset[lane] = first + (i + lane) * padded_dim;
  }
  if (w.d_far_table != nullptr) {
    int32_t* offset = w.far_table_offset + count;
    for (int64_t cell = 0; cell < end - begin; ++cell) {
      for (int64_t j = 0; j < p.rank; ++j) *offset++ = far_table_offset(row.level, entry + cell);
    }
  }
  return count + keys;
}

static KeyList far_list(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout, int64_t cy,
                        int64_t cx, const Workspace& w, FarList* list) {
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
      const FarRow row = {l, ky, ky - y, x};
      if (is_near(y, ky)) {
        count = append_row(p, task, layout, row, columns.begin, x - 1, count, w);
        count = append_row(p, task, layout, row, x + 2, columns.end, count, w);
      } else {
        count = append_row(p, task, layout, row, columns.begin, columns.end, count, w);
      }
    }
    list->cell_y[l] = y;
    list->cell_x[l] = x;
    list->end[l] = count;
  }
  return {count, w.far_offset, w.far_bias, w.far_table_offset, nullptr, kept, w.far_pairs, w.far_blocks, false};
}
