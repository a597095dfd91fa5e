// Backward pass of the fused 1D attention. Scores are computed again from lse. A task covers all groups of one head of
// one sequence, so that every gradient of keys has one writer and one order of summation.

// Fills a tile for the live lanes from q, out, d_out and lse. Dead lanes get zero rows and an lse that makes every
// weight vanish.
template <class Products>
static BackwardTile load_backward_tile(const Attention1dParams& p, const Attention1dGradParams& g,
                                       const Attention1dTask& task, const SequenceLanes& lanes, const Workspace& w) {
  const int64_t padded_dim = padded(p.head_dim);
  load_lane_rows(p, task, lanes, p.query, w.query_rows);
  load_lane_rows(p, task, lanes, p.out, w.out_rows);
  load_lane_rows(p, task, lanes, g.d_out, w.d_out_rows);
  Products::make_tile(w.query_rows, padded_dim, p.scale * kLog2E, w.query_tile);
  Products::make_tile(w.d_out_rows, padded_dim, 1, w.d_out_tile);
  zero_tile(w.out_tile, padded_dim);
  BackwardTile tile = {broadcast(-kMaskedScore), Vec{}};
  const int64_t first = (task.b * p.heads + task.h) * p.tokens + lanes.first;
  for (int64_t lane = 0; lane < lanes.live; ++lane) {
    tile.lse[lane] = p.lse[first + lane] * kLog2E;
    tile.delta[lane] = dot_rows(w.out_rows + lane * padded_dim, w.d_out_rows + lane * padded_dim, padded_dim) -
                       (g.d_lse == nullptr ? 0.0f : g.d_lse[first + lane]);
  }
  return tile;
}

template <class Products>
static void backward_groups(const Attention1dParams& p, const Attention1dGradParams& g, const Attention1dTask& task,
                            const Attention1dLayout& layout, const Workspace& w) {
  const int64_t dim = p.head_dim, padded_dim = padded(dim);
  const float factor = p.scale * kLog2E;
  for (int64_t group = task.group_begin; group < task.group_end; ++group) {
    const KeyList near = near_list(p, layout, group, w), far = far_list(p, layout, group, w);
    Products::prepare_list(near, w, w.key_arena, padded_dim);
    Products::prepare_list(far, w, w.key_arena, padded_dim);
    const int64_t end = smaller(p.tokens, (group + 1) * p.group);
    for (int64_t first = group * p.group; first < end; first += kWidth) {
      const SequenceLanes lanes = lanes_of_group(p, group, first);
      const BackwardTile tile = load_backward_tile<Products>(p, g, task, lanes, w);
      backward_tile<Products>(near_list_of_tile(p, near, group, first, w), 0, tile, w, dim, padded_dim, factor,
                              nullptr);
      backward_tile<Products>(far, 0, tile, w, dim, padded_dim, factor, nullptr);
      tile_to_rows(w.out_tile, padded_dim, w.out_rows);
      for (int64_t lane = 0; lane < lanes.live; ++lane) {
        store_row(w.out_rows + lane * padded_dim, g.d_query.data, g.d_query.element(task.b, 0, first + lane, task.h),
                  dim, p.scale, p.storage);
      }
    }
  }
}

static void unpack_sequence(const Attention1dParams& p, const Attention1dTask& task, const float* arena, float factor,
                            const TokenView& to) {
  for (int64_t t = 0; t < p.tokens; ++t) {
    store_row(arena + t * padded(p.head_dim), to.data, to.element(task.b, 0, t, task.h), p.head_dim, factor, p.storage);
  }
}

static void unpack_groups(const Attention1dParams& p, const Attention1dTask& task, const Level1dParams& level,
                          const float* arena, float factor, const SummaryView& to) {
  for (int64_t group = 0; group < level.groups; ++group) {
    for (int64_t j = 0; j < level.rank; ++j, arena += padded(p.head_dim)) {
      store_row(arena, to.data, to.element(task.b, 0, group, j, task.h), p.head_dim, factor, p.storage);
    }
  }
}

static void attention1d_backward(const Attention1dParams& p, const Attention1dGradParams& g,
                                 const Attention1dTask& task, const Attention1dLayout& layout, const Workspace& w) {
  const int64_t padded_dim = padded(p.head_dim);
  zero_floats(w.d_key_arena, layout.key_rows * padded_dim);
  zero_floats(w.d_value_arena, layout.key_rows * padded_dim);
  with_products(p.storage, [&](auto products) {
    pack_keys<decltype(products)>(p, task, layout, w);
    backward_groups<decltype(products)>(p, g, task, layout, w);
  });
  unpack_sequence(p, task, w.d_key_arena, p.scale, g.d_key);
  unpack_sequence(p, task, w.d_value_arena, 1, g.d_value);
  for (int64_t l = 0; l < p.levels; ++l) {
    const int64_t offset = layout.level_offset[l] * padded_dim;
    unpack_groups(p, task, p.level[l], w.d_key_arena + offset, p.scale, g.d_level_key[l]);
    unpack_groups(p, task, p.level[l], w.d_value_arena + offset, 1, g.d_level_value[l]);
  }
}
