// Forward pass of the fused 2D attention, for the queries of one task. Equations: docs of backbone/multipole/op.h.

// The queries of one cell that share a SIMD vector: lane -> token, in row-major order of the cell.
struct LaneTokens {
  int64_t y[kWidth], x[kWidth];  // y < 0: a dead lane (outside the grid or past the cell's end)
  int64_t summary[kWidth];       // of the token's sub-cell, among all summaries of level 1
  int live;
};

MULTIPOLE_INLINE void lanes_of_cell(const Attention2dParams& p, int64_t cy, int64_t cx, int64_t lane_begin,
                                    LaneTokens* lanes) {
  lanes->live = 0;
  int64_t in_cell_y = lane_begin / p.cell, in_cell_x = lane_begin % p.cell;
  const int64_t first_summary = p.levels == 0 ? 0 : (cy * p.level[0].columns + cx) * p.rank;
  for (int lane = 0; lane < kWidth; ++lane) {
    const int64_t y = cy * p.cell + in_cell_y, x = cx * p.cell + in_cell_x;
    const bool is_live = in_cell_y < p.cell && y < p.height && x < p.width;
    lanes->y[lane] = is_live ? y : -1;
    lanes->x[lane] = x;
    lanes->summary[lane] = is_live ? first_summary + p.query_summary[lane_begin + lane] : 0;
    lanes->live += is_live;
    if (++in_cell_x == p.cell) {
      in_cell_x = 0;
      ++in_cell_y;
    }
  }
}

// Rows of a token tensor, one a lane, dead lanes zero.
MULTIPOLE_INLINE void load_lane_rows(const Attention2dParams& p, const Attention2dTask& task, const LaneTokens& lanes,
                                     const TokenView& from, float* rows) {
  const int64_t dim = p.head_dim, padded_dim = padded(dim);
  const Storage storage = p.storage;
  const HeadView head = view_of_head(from, task.b, task.h);
  for (int lane = 0; lane < kWidth; ++lane) {
    float* row = rows + lane * padded_dim;
    if (lanes.y[lane] < 0) {
      for (int64_t c = 0; c < dim; ++c) row[c] = 0;
    } else {
      load_row(row, head.data, head.element(lanes.y[lane], lanes.x[lane]), dim, storage);
    }
  }
}

template <class Products>
MULTIPOLE_INLINE void load_query_tile(const Attention2dParams& p, const Attention2dTask& task, const LaneTokens& lanes,
                                      float factor, const Workspace& w) {
  if constexpr (Products::kTakesRows) {
    const HeadView head = view_of_head(p.query, task.b, task.h);
    const uint16_t* rows[kWidth];
    for (int lane = 0; lane < kWidth; ++lane) {
      rows[lane] = lanes.y[lane] < 0
                       ? nullptr
                       : static_cast<const uint16_t*>(head.data) + head.element(lanes.y[lane], lanes.x[lane]);
    }
    Products::make_tile_of_rows(rows, p.head_dim, padded(p.head_dim), w.query_tile);
  } else {
    load_lane_rows(p, task, lanes, p.query, w.query_rows);
    Products::make_tile(w.query_rows, padded(p.head_dim), factor, w.query_tile);
  }
}

// Normalises the tile, merges the far field of the linear variant, and writes out and lse of the live lanes.
static void finish_lanes(const Attention2dParams& p, const Attention2dTask& task, const LaneTokens& lanes,
                         const SoftmaxState& state, const Workspace& w) {
  const int64_t padded_dim = padded(p.head_dim);
  tile_to_rows(w.out_tile, padded_dim, w.out_rows);
  const WeightSums near_total = state.total.at_least(1e-30f);  // 0 where masses leave no key
  Vec near_factor = 1.0f / near_total.rounded, lse = state.largest + log2(near_total.exact);
  float far_weight[kWidth] = {};
  const bool merges = p.linear && p.levels > 0;
  if (merges) {
    Vec far_lse = broadcast(kMaskedScore);
    for (int lane = 0; lane < kWidth; ++lane) {
      if (lanes.y[lane] >= 0) far_lse[lane] = w.level_lse[lanes.summary[lane]];
    }
    const Vec largest = max(lse, far_lse);
    const Vec near_weight = exp2(lse - largest), weight = exp2(far_lse - largest), total = near_weight + weight;
    near_factor = near_factor * near_weight / total;
    store(far_weight, weight / total);
    lse = largest + log2(total);
  }
  const int64_t dim = p.head_dim, width = p.width;
  const Storage storage = p.storage;
  const HeadView out = view_of_head(p.out, task.b, task.h);
  float* const lse_of_head = p.lse + (task.b * p.heads + task.h) * p.height * width;
  for (int lane = 0; lane < kWidth; ++lane) {
    const int64_t y = lanes.y[lane], x = lanes.x[lane];
    if (y < 0) continue;
    float* row = w.out_rows + lane * padded_dim;
    float factor = near_factor[lane];
    if (is_masked(lse[lane])) {
      zero_floats(row, dim);
      factor = 1;
    } else if (merges) {
      const float* far = w.level_out + lanes.summary[lane] * padded_dim;
      for (int64_t c = 0; c < dim; ++c) row[c] = row[c] * factor + far[c] * far_weight[lane];
      factor = 1;
    }
    store_row(row, out.data, out.element(y, x), dim, factor, storage);
    lse_of_head[y * width + x] = is_masked(lse[lane]) ? -__builtin_inff() : lse[lane] * kLn2;
  }
}

template <class Products>
static void forward_cells(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout,
                          const Workspace& w) {
  const int64_t dim = p.head_dim, padded_dim = padded(dim), queries = p.cell * p.cell;
  const float factor = p.scale * kLog2E;
  pack_levels<Products>(p, task, layout, w);
  const KeyList extra = pack_extra_keys<Products>(p, task, layout, w);
  Products::prepare_list(extra, w, w.value_arena, padded_dim);
  FarList far_state;
  reset(&far_state);
  LaneTokens lanes;
  PrefetchQueue prefetches;
  prefetches.row_bytes = bytes_of_row(p);
  Step step = first_step(&task), ahead = step;
  for (int i = 0; i < kStepsAhead; ++i) ahead = step_after(ahead);
  for (; step.task == &task; step = step_after(step), ahead = step_after(ahead)) {
    // long before it is read: tiles wait until memory holds what they load
    lanes_of_cell(p, step.cy, step.cx, 0, &lanes);
    load_query_tile<Products>(p, task, lanes, factor, w);
    keep_awake<Products>();
    pack_new_cells<Products>(p, layout, step, w);
    KeyList near = near_list(p, layout, task.h, step.cy, step.cx, w);
    weigh_near(p, task, step.cy, step.cx, w, &near);
    Products::prepare_list(near, w, w.value_arena, padded_dim);
    const int scored = score_early<Products>(near, w, padded_dim);
    KeyList far = {};
    if (!p.linear && p.levels > 0) far = far_list(p, task, layout, step.cy, step.cx, w, &far_state);
    keep_awake<Products>();
    Products::prepare_list(far, w, w.value_arena, padded_dim);
    if (ahead.task != nullptr) {
      ask_for_inputs(p, ahead, &prefetches);
      ask_for_cell(p, p.out, *ahead.task, ahead.cy, ahead.cx, true, &prefetches);
      prefetches.spread_over(asks_of_cell(p, near, far));
    }
    for (int64_t lane_begin = 0; lane_begin < queries; lane_begin += kWidth) {
      if (lane_begin > 0) {
        lanes_of_cell(p, step.cy, step.cx, lane_begin, &lanes);
        if (lanes.live == 0) continue;
        load_query_tile<Products>(p, task, lanes, factor, w);
      }
      const TileKeys keys[] = {{&near, lane_begin}, {&far, 0}, {&extra, 0}};
      const SoftmaxState state = softmax_of_tile<Products>(keys, 3, w, dim, padded_dim, factor, &prefetches,
                                                           lane_begin == 0 ? scored : 0);
      finish_lanes(p, task, lanes, state, w);
    }
    prefetches.ask_for_rest();
  }
}

static void attention2d_forward(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout,
                                const Workspace& w) {
  with_products_of_cells(p, [&](auto products) { forward_cells<decltype(products)>(p, task, layout, w); });
}
