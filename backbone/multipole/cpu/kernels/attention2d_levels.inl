// Far field of the linear variant: the summaries themselves are the queries. A level is walked by parent cells: the
// four children's p queries each share the vector lanes and the 6 x 6 cells of the parent's neighbourhood, of which
// each child masks its own 9 neighbours through `group_table`. Each level's result is merged with that of the coarser
// levels by log-sum-exp, coarsest first, which is the downward pass of the fast multipole method.

// The summaries of all levels lie one after the other, level 1 first.
MULTIPOLE_INLINE int64_t first_summary(const Attention2dParams& p, int64_t l) {
  int64_t count = 0;
  for (int64_t k = 0; k < l; ++k) count += p.level[k].rows * p.level[k].columns * p.rank;
  return count;
}

MULTIPOLE_INLINE int64_t summaries_of_levels(const Attention2dParams& p) { return first_summary(p, p.levels); }

// lane -> summary query of one of a parent's children
struct LaneSummaries {
  int64_t y[kWidth], x[kWidth], j[kWidth];  // cell and summary; y < 0: a dead lane
  int64_t index[kWidth];                    // among the summaries of all levels
  int64_t coarser[kWidth];                  // that of the sub-cell one level up, or -1
  int live;
};

static void lanes_of_parent(const Attention2dParams& p, int64_t l, int64_t parent_y, int64_t parent_x,
                            int64_t lane_begin, LaneSummaries* lanes) {
  const LevelParams& level = p.level[l];
  const int64_t s = p.subcells, first = first_summary(p, l), next = first_summary(p, l + 1);
  lanes->live = 0;
  for (int lane = 0; lane < kWidth; ++lane) {
    const int64_t query = lane_begin + lane, child = query / p.rank, j = query % p.rank;
    const int64_t y = 2 * parent_y + child / 2, x = 2 * parent_x + child % 2;
    lanes->y[lane] = -1;
    if (child >= 4 || y >= level.rows || x >= level.columns) continue;
    const int64_t gy = y * s + j / s, gx = x * s + j % s;
    if (is_masked(level.log2_rows[gy] + level.log2_columns[gx])) continue;
    lanes->y[lane] = y;
    lanes->x[lane] = x;
    lanes->j[lane] = j;
    lanes->index[lane] = first + (y * level.columns + x) * p.rank + j;
    lanes->coarser[lane] = -1;
    if (l + 1 < p.levels) {
      const int64_t up_y = gy / 2, up_x = gx / 2;
      const int64_t cell = (up_y / s) * p.level[l + 1].columns + up_x / s;
      lanes->coarser[lane] = next + cell * p.rank + (up_y % s) * s + up_x % s;
    }
    ++lanes->live;
  }
}

static KeyList parent_list(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout,
                           int64_t l, int64_t parent_y, int64_t parent_x, const Workspace& w) {
  const LevelParams& level = p.level[l];
  const IndexRange rows = parent_near_cells(2 * parent_y, level.rows);
  const IndexRange columns = parent_near_cells(2 * parent_x, level.columns);
  int64_t count = 0;
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = columns.begin; x < columns.end; ++x) {
      const int64_t position = (y - 2 * parent_y + 2) * 6 + x - 2 * parent_x + 2;
      const int64_t table_offset = position * p.group_table_stride;
      count = append_summaries(p, task, layout, l, y, x, 0, static_cast<int32_t>(table_offset), count, w);
    }
  }
  const float* table = level.group_table + task.h * 36 * p.group_table_stride;
  return {count, w.far_offset, w.far_bias, w.far_table_offset, table, 0, w.far_pairs, w.far_blocks, false};
}

MULTIPOLE_INLINE void load_summary_rows(const Attention2dParams& p, const Attention2dTask& task, int64_t l,
                                        const LaneSummaries& lanes, float* rows) {
  const SummaryView& from = p.level[l].query;
  for (int lane = 0; lane < kWidth; ++lane) {
    float* row = rows + lane * padded(p.head_dim);
    if (lanes.y[lane] < 0) {
      for (int64_t c = 0; c < p.head_dim; ++c) row[c] = 0;
    } else {
      load_row(row, from.data, from.element(task.b, lanes.y[lane], lanes.x[lane], lanes.j[lane], task.h), p.head_dim,
               p.storage);
    }
  }
}

// Writes the lanes' merged (out, lse) into level_out and level_lse.
static void finish_summaries(const Attention2dParams& p, const LaneSummaries& lanes, const SoftmaxState& state,
                             const Workspace& w) {
  const int64_t padded_dim = padded(p.head_dim);
  tile_to_rows(w.out_tile, padded_dim, w.out_rows);
  const WeightSums sums = state.total.at_least(1e-30f);
  const Vec lse = state.largest + log2(sums.exact);
  Vec coarser_lse = broadcast(kMaskedScore);
  for (int lane = 0; lane < kWidth; ++lane) {
    if (lanes.y[lane] >= 0 && lanes.coarser[lane] >= 0) coarser_lse[lane] = w.level_lse[lanes.coarser[lane]];
  }
  const Vec largest = max(lse, coarser_lse);
  const Vec weight = exp2(lse - largest), coarser_weight = exp2(coarser_lse - largest);
  const Vec total = weight + coarser_weight, merged_lse = largest + log2(total);
  const Vec factor = weight / total / sums.rounded, coarser_factor = coarser_weight / total;
  for (int lane = 0; lane < kWidth; ++lane) {
    if (lanes.y[lane] < 0) continue;
    const float* row = w.out_rows + lane * padded_dim;
    float* to = w.level_out + lanes.index[lane] * padded_dim;
    const int64_t coarser = lanes.coarser[lane];
    for (int64_t c = 0; c < padded_dim; c += kWidth) {
      Vec value = load(row + c) * factor[lane];
      if (coarser >= 0) value += load(w.level_out + coarser * padded_dim + c) * coarser_factor[lane];
      store(to + c, value);
    }
    w.level_lse[lanes.index[lane]] = merged_lse[lane];
  }
}

// level_out and level_lse of all levels of one head of one image. The far rows must be packed.
template <class Products>
static void forward_levels(const Attention2dParams& p, const Attention2dTask& task, const ArenaLayout& layout,
                           const Workspace& w) {
  const int64_t dim = p.head_dim, padded_dim = padded(dim);
  const float factor = p.scale * kLog2E;
  LaneSummaries lanes;
  for (int64_t l = p.levels - 1; l >= 0; --l) {
    for (int64_t y = 0; 2 * y < p.level[l].rows; ++y) {
      for (int64_t x = 0; 2 * x < p.level[l].columns; ++x) {
        const KeyList keys = parent_list(p, task, layout, l, y, x, w);
        Products::prepare_list(keys, w, w.value_arena, padded_dim);
        for (int64_t lane_begin = 0; lane_begin < 4 * p.rank; lane_begin += kWidth) {
          lanes_of_parent(p, l, y, x, lane_begin, &lanes);
          if (lanes.live == 0) continue;
          load_summary_rows(p, task, l, lanes, w.query_rows);
          Products::make_tile(w.query_rows, padded_dim, factor, w.query_tile);
          const TileKeys of_tile = {&keys, lane_begin};
          const SoftmaxState state = softmax_of_tile<Products>(&of_tile, 1, w, dim, padded_dim, factor);
          finish_summaries(p, lanes, state, w);
        }
      }
    }
  }
}

// Gradient of one vector of summary queries: with G the gradient of the merged out A, g that of its lse a, a key of
// score s has weight 2^(s - a) and score gradient weight * (G . value - (G . A - g)); the coarser result enters like a
// key.
template <class Products>
static void backward_summaries(const Attention2dParams& p, const Attention2dGradParams& g, const Attention2dTask& task,
                               int64_t l, const LaneSummaries& lanes, const KeyList& keys, int64_t lane_begin,
                               float* d_table, const Workspace& w) {
  const int64_t dim = p.head_dim, padded_dim = padded(dim);
  load_summary_rows(p, task, l, lanes, w.query_rows);
  Vec lse = broadcast(-kMaskedScore), delta = Vec{};
  for (int lane = 0; lane < kWidth; ++lane) {
    float* row = w.d_out_rows + lane * padded_dim;
    if (lanes.y[lane] < 0) {
      zero_floats(row, padded_dim);
      continue;
    }
    const float* d_out = w.d_level_out + lanes.index[lane] * padded_dim;
    for (int64_t c = 0; c < padded_dim; c += kWidth) store(row + c, load(d_out + c));
    lse[lane] = w.level_lse[lanes.index[lane]];
    delta[lane] =
        dot_rows(row, w.level_out + lanes.index[lane] * padded_dim, padded_dim) - w.d_level_lse[lanes.index[lane]];
  }
  const float factor = p.scale * kLog2E;
  Products::make_tile(w.query_rows, padded_dim, factor, w.query_tile);
  Products::make_tile(w.d_out_rows, padded_dim, 1, w.d_out_tile);
  zero_tile(w.out_tile, padded_dim);
  backward_tile<Products>(keys, lane_begin, {lse, delta}, w, dim, padded_dim, factor, d_table);
  tile_to_rows(w.out_tile, padded_dim, w.out_rows);
  const SummaryView& to = g.d_level_query[l];
  for (int lane = 0; lane < kWidth; ++lane) {
    if (lanes.y[lane] < 0) continue;
    store_row(w.out_rows + lane * padded_dim, to.data,
              to.element(task.b, lanes.y[lane], lanes.x[lane], lanes.j[lane], task.h), dim, p.scale, p.storage);
    const int64_t coarser = lanes.coarser[lane];
    if (coarser < 0) continue;
    const float* row = w.d_out_rows + lane * padded_dim;
    const float weight = exp2(broadcast(w.level_lse[coarser] - lse[lane]))[0];
    const float dot = dot_rows(row, w.level_out + coarser * padded_dim, padded_dim);
    w.d_level_lse[coarser] += weight * (dot - delta[lane]);
    float* d_out = w.d_level_out + coarser * padded_dim;
    for (int64_t c = 0; c < padded_dim; c += kWidth) store(d_out + c, load(d_out + c) + load(row + c) * weight);
  }
}

// From d_level_out and d_level_lse of level 1, the gradients of all levels' queries, keys and values.
template <class Products>
static void backward_levels(const Attention2dParams& p, const Attention2dGradParams& g, const Attention2dTask& task,
                            const ArenaLayout& layout, const Workspace& w) {
  const int64_t table_floats = 36 * p.group_table_stride;
  LaneSummaries lanes;
  for (int64_t l = 0; l < p.levels; ++l) {
    float* d_table = w.d_group_table == nullptr ? nullptr : w.d_group_table + l * table_floats;
    for (int64_t y = 0; 2 * y < p.level[l].rows; ++y) {
      for (int64_t x = 0; 2 * x < p.level[l].columns; ++x) {
        const KeyList keys = parent_list(p, task, layout, l, y, x, w);
        Products::prepare_list(keys, w, w.key_arena, padded(p.head_dim));
        for (int64_t lane_begin = 0; lane_begin < 4 * p.rank; lane_begin += kWidth) {
          lanes_of_parent(p, l, y, x, lane_begin, &lanes);
          if (lanes.live > 0) backward_summaries<Products>(p, g, task, l, lanes, keys, lane_begin, d_table, w);
        }
      }
    }
  }
}
