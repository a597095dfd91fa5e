// Masses of near tokens and keys that every query sees, which callers may give. Masses of summaries: arena.inl.

// Adds the logarithms of the masses of a near list's tokens to their scores and drops the tokens that have none, so that
// nothing of them is read. The list must be that of cell (cy, cx).
static void weigh_near(const Attention2dParams& p, const Attention2dTask& task, int64_t cy, int64_t cx,
                       const Workspace& w, KeyList* near) {
  if (p.log2_token_mass == nullptr) return;
  const float* const masses = p.log2_token_mass + (task.b * p.heads + task.h) * p.height * p.width;
  int64_t from = 0, kept = 0;
  for (int64_t ky = larger(0, cy - 1); ky < smaller(p.cell_rows, cy + 2); ++ky) {
    for (int64_t kx = larger(0, cx - 1); kx < smaller(p.cell_columns, cx + 2); ++kx) {
      const CellTokens cell = tokens_of_cell(p, ky, kx);
      for (int64_t y = cell.y; y < cell.y + cell.rows; ++y) {
        for (int64_t x = cell.x; x < cell.x + cell.columns; ++x, ++from) {
          const float log2_mass = masses[y * p.width + x];
          if (is_masked(log2_mass)) continue;
          w.near_offset[kept] = w.near_offset[from];
          if (p.near_table != nullptr) w.near_table_offset[kept] = w.near_table_offset[from];
          w.near_bias[kept++] = log2_mass;
        }
      }
    }
  }
  near->count = kept;
  near->bias = w.near_bias;
}

// The extra keys of a task, behind all others in its arenas; packed once.
template <class Products>
static KeyList pack_extra_keys(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout,
                               const Workspace& w) {
  const int64_t padded_dim = padded(p.head_dim);
  for (int64_t e = 0; e < p.extra_keys; ++e) {
    const int64_t offset = (layout.extra_offset + e) * padded_dim;
    w.extra_offset[e] = offset;
    Products::pack_row(p.extra_key.data, p.extra_key.element(task.b, 0, e, task.h), p.head_dim, padded_dim, p.storage,
                       w.key_arena, offset);
    Products::pack_row(p.extra_value.data, p.extra_value.element(task.b, 0, e, task.h), p.head_dim, padded_dim,
                       p.storage, w.value_arena, offset);
  }
  return {p.extra_keys, w.extra_offset, nullptr, nullptr, nullptr, 0, w.extra_pairs, w.extra_blocks, false};
}

static void unpack_extra_keys(const Attention2dParams& p, const Attention2dGradParams& g, const Attention2dTask& task,
                              const ArenaLayout& layout, const Workspace& w) {
  for (int64_t e = 0; e < p.extra_keys; ++e) {
    const int64_t offset = (layout.extra_offset + e) * padded(p.head_dim);
    const int64_t element = g.d_extra_key.element(task.b, 0, e, task.h);
    store_row(w.d_key_arena + offset, g.d_extra_key.data, element, p.head_dim, p.scale, p.storage);
    store_row(w.d_value_arena + offset, g.d_extra_value.data, element, p.head_dim, 1, p.storage);
  }
}

// The gradients of the logarithms of the masses of a cell's tokens, and room for those of another cell.
static void finish_token_masses(const Attention2dParams& p, const Attention2dGradParams& g, const Attention2dTask& task,
                                const ArenaLayout& layout, int64_t cy, int64_t cx, const Workspace& w) {
  if (g.d_log_token_mass == nullptr) return;
  float* const to = g.d_log_token_mass + (task.b * p.heads + task.h) * p.height * p.width;
  for_each_token_of_cell(p, layout, cy, cx, [&](int64_t y, int64_t x, int64_t row) {
    to[y * p.width + x] = w.d_key_mass[row];
    w.d_key_mass[row] = 0;
  });
}

// Likewise of the summaries of all levels.
static void unpack_level_masses(const Attention2dParams& p, const Attention2dGradParams& g, const Attention2dTask& task,
                                const ArenaLayout& layout, const Workspace& w) {
  for (int64_t l = 0; l < p.levels; ++l) {
    if (g.d_level_mass[l] == nullptr) continue;
    const int64_t count = p.level[l].rows * p.level[l].columns * p.rank;
    float* const to = g.d_level_mass[l] + (task.b * p.heads + task.h) * count;
    for (int64_t i = 0; i < count; ++i) to[i] = w.d_key_mass[layout.level_offset[l] + i];
  }
}
