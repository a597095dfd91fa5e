// The keys and values of a task of the fused 1D attention, and the lists of keys of its groups. Tokens and summaries
// are copied once into contiguous rows, as in arena.inl.

template <class Products>
static void pack_sequence(const Attention1dParams& p, const Attention1dTask& task, const Attention1dLayout& layout,
                          const TokenView& from, float* arena) {
  const int64_t padded_dim = padded(p.head_dim);
  for (int64_t t = layout.token_begin; t < layout.token_end; ++t) {
    Products::pack_row(from.data, from.element(task.b, 0, t, task.h), p.head_dim, padded_dim, p.storage, arena,
                       (t - layout.token_begin) * padded_dim);
  }
}

template <class Products>
static void pack_groups(const Attention1dParams& p, const Attention1dTask& task, const Attention1dLayout& layout,
                        int64_t l, const SummaryView& from, float* arena) {
  const int64_t padded_dim = padded(p.head_dim);
  int64_t row = layout.level_offset[l];
  for (int64_t group = layout.level_begin[l]; group < layout.level_end[l]; ++group) {
    for (int64_t j = 0; j < p.level[l].rank; ++j, ++row) {
      Products::pack_row(from.data, from.element(task.b, 0, group, j, task.h), p.head_dim, padded_dim, p.storage, arena,
                         row * padded_dim);
    }
  }
}

template <class Products>
static void pack_keys(const Attention1dParams& p, const Attention1dTask& task, const Attention1dLayout& layout,
                      const Workspace& w) {
  pack_sequence<Products>(p, task, layout, p.key, w.key_arena);
  pack_sequence<Products>(p, task, layout, p.value, w.value_arena);
  for (int64_t l = 0; l < p.levels; ++l) {
    pack_groups<Products>(p, task, layout, l, p.level[l].key, w.key_arena);
    pack_groups<Products>(p, task, layout, l, p.level[l].value, w.value_arena);
  }
}

// The tokens of a group and of its neighbours, in order; a causal group has no later neighbour.
static KeyList near_list(const Attention1dParams& p, const Attention1dLayout& layout, int64_t group,
                         const Workspace& w) {
  const int64_t padded_dim = padded(p.head_dim);
  const int64_t begin = larger(0, group - 1) * p.group;
  const int64_t end = smaller(p.tokens, (group + (p.causal ? 1 : 2)) * p.group);
  for (int64_t t = begin; t < end; ++t) w.near_offset[t - begin] = (t - layout.token_begin) * padded_dim;
  return {end - begin, w.near_offset, nullptr, w.near_table_offset, p.causal_table, 0, w.near_pairs, nullptr, false};
}

// The summaries that a group sees, coarsest level first.
static KeyList far_list(const Attention1dParams& p, const Attention1dLayout& layout, int64_t group,
                        const Workspace& w) {
  const int64_t padded_dim = padded(p.head_dim);
  int64_t count = 0;
  for (int64_t l = p.levels - 1; l >= 0; --l) {
    const Level1dParams& level = p.level[l];
    const int64_t query = group >> l;
    const IndexRange keys = parent_near_cells(query, level.groups);
    for (int64_t key = keys.begin; key < keys.end; ++key) {
      if (is_near(query, key) || (p.causal && key > query)) continue;
      const int64_t first = layout.level_offset[l] + (key - layout.level_begin[l]) * level.rank;
      for (int64_t j = 0; j < level.rank; ++j, ++count) {
        w.far_offset[count] = (first + j) * padded_dim;
        w.far_bias[count] = level.log2_mass;
      }
    }
  }
  return {count, w.far_offset, w.far_bias, nullptr, nullptr, 0, w.far_pairs, nullptr, false};
}

// What of a group's near list the tile of queries from `first_query` on can see. Causal: the keys up to the tile's last
// query, with the row of the table that each needs.
static KeyList near_list_of_tile(const Attention1dParams& p, KeyList near, int64_t group, int64_t first_query,
                                 const Workspace& w) {
  if (!p.causal) return near;
  const int64_t begin = larger(0, group - 1) * p.group;
  near.count = smaller(near.count, first_query + kWidth - begin);
  for (int64_t i = 0; i < near.count; ++i) {
    w.near_table_offset[i] = static_cast<int32_t>(larger(0, begin + i - first_query) * kWidth);
  }
  return near;
}
