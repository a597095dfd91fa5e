// Forward pass of the fused 1D attention, for the queries of one task. Equations: backbone/multipole/op.h.

// The queries of one group that share a SIMD vector: consecutive tokens, lane by lane.
struct SequenceLanes {
  int64_t first, live;  // lanes from `live` on are dead
};

MULTIPOLE_INLINE SequenceLanes lanes_of_group(const Attention1dParams& p, int64_t group, int64_t first) {
  return {first, smaller(kWidth, smaller(p.tokens, (group + 1) * p.group) - first)};
}

// Rows of a token tensor, one a lane, dead lanes zero.
MULTIPOLE_INLINE void load_lane_rows(const Attention1dParams& p, const Attention1dTask& task,
                                     const SequenceLanes& lanes, const TokenView& from, float* rows) {
  const int64_t padded_dim = padded(p.head_dim);
  for (int64_t lane = 0; lane < lanes.live; ++lane) {
    load_row(rows + lane * padded_dim, from.data, from.element(task.b, 0, lanes.first + lane, task.h), p.head_dim,
             p.storage);
  }
  zero_floats(rows + lanes.live * padded_dim, (kWidth - lanes.live) * padded_dim);
}

MULTIPOLE_INLINE float* lse_of_head(const Attention1dParams& p, const Attention1dTask& task) {
  return p.lse + (task.b * p.heads + task.h) * p.tokens;
}

template <class Products>
static void forward_groups(const Attention1dParams& p, const Attention1dTask& task, const Attention1dLayout& layout,
                           const Workspace& w) {
  const int64_t dim = p.head_dim, padded_dim = padded(dim);
  const float factor = p.scale * kLog2E;
  pack_keys<Products>(p, task, layout, w);
  for (int64_t group = task.group_begin; group < task.group_end; ++group) {
    const KeyList near = near_list(p, layout, group, w), far = far_list(p, layout, group, w);
    Products::prepare_list(near, w, w.value_arena, padded_dim);
    Products::prepare_list(far, w, w.value_arena, padded_dim);
    const int64_t end = smaller(p.tokens, (group + 1) * p.group);
    for (int64_t first = group * p.group; first < end; first += kWidth) {
      const SequenceLanes lanes = lanes_of_group(p, group, first);
      load_lane_rows(p, task, lanes, p.query, w.query_rows);
      Products::make_tile(w.query_rows, padded_dim, factor, w.query_tile);
      const KeyList near_of_tile = near_list_of_tile(p, near, group, first, w);
      const TileKeys keys[] = {{&near_of_tile, 0}, {&far, 0}};
      const SoftmaxState state = softmax_of_tile<Products>(keys, 2, w, dim, padded_dim, factor);
      tile_to_rows(w.out_tile, padded_dim, w.out_rows);
      const Vec weight = 1.0f / state.total.rounded, lse = (state.largest + log2(state.total.exact)) * kLn2;
      for (int64_t lane = 0; lane < lanes.live; ++lane) {
        const int64_t token = first + lane;
        store_row(w.out_rows + lane * padded_dim, p.out.data, p.out.element(task.b, 0, token, task.h), dim,
                  weight[lane], p.storage);
        lse_of_head(p, task)[token] = lse[lane];
      }
    }
  }
}

static void attention1d_forward(const Attention1dParams& p, const Attention1dTask& task,
                                const Attention1dLayout& layout, const Workspace& w) {
  with_products(p.storage, [&](auto products) { forward_groups<decltype(products)>(p, task, layout, w); });
}
