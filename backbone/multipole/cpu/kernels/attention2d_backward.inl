// Backward pass of the fused 2D attention. Scores are computed again from lse; nothing of size queries x keys is kept.
// A task covers all cell rows of one head of one image, so that every gradient of keys has one writer and one order of
// summation: the same bits in every run and for any number of threads.

// Fills a tile for the live lanes from q, out, d_out and lse. Dead lanes get zero rows and an lse that makes every
// weight vanish. The linear variant also collects the gradient that goes on to the level-1 summaries.
template <class Products>
static BackwardTile load_backward_tile(const Attention2dParams& p, const Attention2dGradParams& g,
                                       const Attention2dTask& task, const LaneTokens& lanes, const Workspace& w) {
  const int64_t padded_dim = padded(p.head_dim), tokens = p.height * p.width;
  load_lane_rows(p, task, lanes, p.query, w.query_rows);
  load_lane_rows(p, task, lanes, p.out, w.out_rows);
  load_lane_rows(p, task, lanes, g.d_out, w.d_out_rows);
  Products::make_tile(w.query_rows, padded_dim, p.scale * kLog2E, w.query_tile);
  Products::make_tile(w.d_out_rows, padded_dim, 1, w.d_out_tile);
  zero_tile(w.out_tile, padded_dim);
  BackwardTile tile = {broadcast(-kMaskedScore), Vec{}};
  for (int lane = 0; lane < kWidth; ++lane) {
    if (lanes.y[lane] < 0) continue;
    const int64_t token = (task.b * p.heads + task.h) * tokens + lanes.y[lane] * p.width + lanes.x[lane];
    // without any key: no weights
    tile.lse[lane] = is_masked(p.lse[token]) ? -kMaskedScore : p.lse[token] * kLog2E;
    tile.delta[lane] = dot_rows(w.out_rows + lane * padded_dim, w.d_out_rows + lane * padded_dim, padded_dim) -
                       (g.d_lse == nullptr ? 0.0f : g.d_lse[token]);
  }
  if (p.linear && p.levels > 0) {
    Vec far_lse = broadcast(kMaskedScore);
    for (int lane = 0; lane < kWidth; ++lane) {
      if (lanes.y[lane] >= 0) far_lse[lane] = w.level_lse[lanes.summary[lane]];
    }
    const Vec weight = exp2(far_lse - tile.lse);
    for (int lane = 0; lane < kWidth; ++lane) {
      if (lanes.y[lane] < 0) continue;
      const int64_t summary = lanes.summary[lane];
      const float* d_row = w.d_out_rows + lane * padded_dim;
      float* d_far = w.d_level_out + summary * padded_dim;
      const float dot = dot_rows(d_row, w.level_out + summary * padded_dim, padded_dim);
      w.d_level_lse[summary] += weight[lane] * (dot - tile.delta[lane]);
      for (int64_t c = 0; c < padded_dim; c += kWidth) {
        store(d_far + c, load(d_far + c) + load(d_row + c) * weight[lane]);
      }
    }
  }
  return tile;
}

static void store_lane_rows(const Attention2dParams& p, const Attention2dTask& task, const LaneTokens& lanes,
                            const float* rows, float factor, const TokenView& to) {
  const int64_t dim = p.head_dim, padded_dim = padded(dim);
  const Storage storage = p.storage;
  const HeadView head = view_of_head(to, task.b, task.h);
  for (int lane = 0; lane < kWidth; ++lane) {
    if (lanes.y[lane] < 0) continue;
    store_row(rows + lane * padded_dim, head.data, head.element(lanes.y[lane], lanes.x[lane]), dim, factor, storage);
  }
}

static void unpack_cell(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout, int64_t cy,
                        int64_t cx, const float* arena, float factor, const TokenView& to) {
  const int64_t dim = p.head_dim, padded_dim = padded(dim);
  const Storage storage = p.storage;
  const HeadView head = view_of_head(to, task.b, task.h);
  for_each_token_of_cell(p, layout, cy, cx, [=](int64_t y, int64_t x, int64_t row) {
    store_row(arena + row * padded_dim, head.data, head.element(y, x), dim, factor, storage);
  });
}

// Writes the gradients of cells that no later query sees, and clears their place for others.
static void finish_cells(const Attention2dParams& p, const Attention2dGradParams& g, const Step& step,
                         const ArenaLayout& layout, const Workspace& w) {
  const int64_t padded_dim = padded(p.head_dim);
  for_each_finished_cell(p, step, [&](int64_t cy, int64_t cx) {
    unpack_cell(p, *step.task, layout, cy, cx, w.d_key_arena, p.scale, g.d_key);
    unpack_cell(p, *step.task, layout, cy, cx, w.d_value_arena, 1, g.d_value);
    const int64_t first = first_key_row_of_cell(p, layout, cy, cx) * padded_dim;
    zero_floats(w.d_key_arena + first, slots_of_cell(p.cell) * padded_dim);
    zero_floats(w.d_value_arena + first, slots_of_cell(p.cell) * padded_dim);
    finish_token_masses(p, g, *step.task, layout, cy, cx, w);
  });
}

// What a step of the backward pass reads and writes.
MULTIPOLE_INLINE void ask_for_backward(const Attention2dParams& p, const Attention2dGradParams& g, const Step& step,
                                       PrefetchQueue* queue) {
  ask_for_inputs(p, step, queue);
  ask_for_cell(p, p.out, *step.task, step.cy, step.cx, false, queue);
  ask_for_cell(p, g.d_out, *step.task, step.cy, step.cx, false, queue);
  ask_for_cell(p, g.d_query, *step.task, step.cy, step.cx, true, queue);
  for_each_finished_cell(p, step, [&](int64_t cy, int64_t cx) {
    ask_for_cell(p, g.d_key, *step.task, cy, cx, true, queue);
    ask_for_cell(p, g.d_value, *step.task, cy, cx, true, queue);
  });
}

static void unpack_level(const Attention2dParams& p, const Attention2dTask& task, const LevelParams& level,
                         const float* arena, float factor, const SummaryView& to) {
  for (int64_t y = 0; y < level.rows; ++y) {
    for (int64_t x = 0; x < level.columns; ++x) {
      for (int64_t j = 0; j < p.rank; ++j, arena += padded(p.head_dim)) {
        store_row(arena, to.data, to.element(task.b, y, x, j, task.h), p.head_dim, factor, p.storage);
      }
    }
  }
}

static void unpack_levels(const Attention2dParams& p, const Attention2dGradParams& g, const Attention2dTask& task,
                          const ArenaLayout& layout, const Workspace& w) {
  const int64_t padded_dim = padded(p.head_dim);
  for (int64_t l = 0; l < p.levels; ++l) {
    const int64_t offset = layout.level_offset[l] * padded_dim;
    unpack_level(p, task, p.level[l], w.d_key_arena + offset, p.scale, g.d_level_key[l]);
    unpack_level(p, task, p.level[l], w.d_value_arena + offset, 1, g.d_level_value[l]);
  }
}

// The queries of all cells against their near keys and, in the log-linear variant, their far keys.
template <class Products>
static void backward_cells(const Attention2dParams& p, const Attention2dGradParams& g, const Attention2dTask& task,
                           const ArenaLayout& layout, const Workspace& w) {
  const int64_t dim = p.head_dim, padded_dim = padded(dim), queries = p.cell * p.cell;
  const float factor = p.scale * kLog2E;
  const KeyList extra = pack_extra_keys<Products>(p, task, layout, w);
  Products::prepare_list(extra, w, w.key_arena, padded_dim);
  FarList far_state;
  reset(&far_state);
  LaneTokens lanes;
  PrefetchQueue prefetches;
  prefetches.row_bytes = bytes_of_row(p);
  Step step = first_step(&task), ahead = step;
  for (int i = 0; i < kStepsAhead; ++i) ahead = step_after(ahead);
  for (; step.task == &task; step = step_after(step), ahead = step_after(ahead)) {
    keep_awake<Products>();
    pack_new_cells<Products>(p, layout, step, w);
    KeyList near = near_list(p, layout, task.h, step.cy, step.cx, w);
    weigh_near(p, task, step.cy, step.cx, w, &near);
    KeyList far = {};
    if (!p.linear && p.levels > 0) far = far_list(p, task, layout, step.cy, step.cx, w, &far_state);
    keep_awake<Products>();
    Products::prepare_list(near, w, w.key_arena, padded_dim);
    Products::prepare_list(far, w, w.key_arena, padded_dim);
    if (ahead.task != nullptr) {
      ask_for_backward(p, g, ahead, &prefetches);
      prefetches.spread_over(asks_of_cell(p, near, far));
    }
    for (int64_t lane_begin = 0; lane_begin < queries; lane_begin += kWidth) {
      lanes_of_cell(p, step.cy, step.cx, lane_begin, &lanes);
      if (lanes.live == 0) continue;
      const BackwardTile tile = load_backward_tile<Products>(p, g, task, lanes, w);
      keep_awake<Products>();
      backward_tile<Products>(near, lane_begin, tile, w, dim, padded_dim, factor, w.d_near_table, &prefetches);
      backward_tile<Products>(far, 0, tile, w, dim, padded_dim, factor, w.d_far_table, &prefetches);
      backward_tile<Products>(extra, 0, tile, w, dim, padded_dim, factor, nullptr);
      tile_to_rows(w.out_tile, padded_dim, w.out_rows);
      store_lane_rows(p, task, lanes, w.out_rows, p.scale, g.d_query);
    }
    prefetches.ask_for_rest();
    finish_cells(p, g, step, layout, w);
  }
}

template <class Products>
static void backward_head(const Attention2dParams& p, const Attention2dGradParams& g, const Attention2dTask& task,
                          const ArenaLayout& layout, const Workspace& w) {
  const int64_t padded_dim = padded(p.head_dim);
  using OfLevels = typename Products::OfLevels;
  if (p.linear) {
    pack_levels<OfLevels>(p, task, layout, w);
  } else {
    pack_levels<Products>(p, task, layout, w);
  }
  zero_floats(w.d_key_arena, layout.key_rows * padded_dim);
  zero_floats(w.d_value_arena, layout.key_rows * padded_dim);
  if (w.d_key_mass != nullptr) zero_floats(w.d_key_mass, layout.key_rows);
  if (p.linear) {
    forward_levels<OfLevels>(p, task, layout, w);
    zero_floats(w.d_level_out, summaries_of_levels(p) * padded_dim);
    zero_floats(w.d_level_lse, summaries_of_levels(p));
  }
  backward_cells<Products>(p, g, task, layout, w);
  if (p.linear) backward_levels<OfLevels>(p, g, task, layout, w);
  unpack_levels(p, g, task, layout, w);
  unpack_extra_keys(p, g, task, layout, w);
  unpack_level_masses(p, g, task, layout, w);
}

static void attention2d_backward(const Attention2dParams& p, const Attention2dGradParams& g,
                                 const Attention2dTask& task, const ArenaLayout& layout, const Workspace& w) {
  with_products_of_cells(p, [&](auto products) { backward_head<decltype(products)>(p, g, task, layout, w); });
}
