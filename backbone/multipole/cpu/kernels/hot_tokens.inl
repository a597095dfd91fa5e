// What each token of one image and head gets from the mean queries: see hot_tokens_params.h. Keys are weighed block by
// block relative to the block's own largest score, so that each weight is computed once.

MULTIPOLE_INLINE int64_t hot_row(const HotTokensParams& p) { return ceil_div(p.head_dim, 16) * 16; }

MULTIPOLE_INLINE float mass_of_token(const HotTokensParams& p, int64_t b, int64_t y, int64_t x, int64_t h) {
  return p.mass.data == nullptr ? 1.0f : static_cast<const float*>(p.mass.data)[p.mass.element(b, y, x, h)];
}

// The mean query of an area into `row`; false where no token of it is there. `scratch` has room for a row.
static bool mean_query(const HotTokensParams& p, int64_t b, int64_t h, const IndexRange& ys, const IndexRange& xs,
                       float* scratch, float* row) {
  const int64_t padded_dim = hot_row(p);
  float total = 0;
  zero_floats(row, padded_dim);
  for (int64_t y = ys.begin; y < ys.end; ++y) {
    for (int64_t x = xs.begin; x < xs.end; ++x) {
      // the row below, or that on the right on top
      const bool last = y + 1 == ys.end;
      const int64_t next_y = last ? ys.begin : y + 1, next_x = last ? smaller(x + xs.size(), p.width - 1) : x;
      prefetch_row(p.q.data, p.q.element(b, next_y, next_x, h), p.head_dim, p.storage);
      const float mass = mass_of_token(p, b, y, x, h);
      if (mass <= 0) continue;  // not so NaN, which shows
      load_padded_row(scratch, p.q.data, p.q.element(b, y, x, h), p.head_dim, padded_dim, p.storage);
      for (int64_t c = 0; c < padded_dim; c += kWidth) store(row + c, load(row + c) + load(scratch + c) * mass);
      total += mass;
    }
  }
  if (total == 0) return false;
  for (int64_t c = 0; c < padded_dim; c += kWidth) store(row + c, load(row + c) / total);
  return true;
}

// Fills the tiles with the mean queries of all areas, as adaptive average pooling cuts them. Returns how many they are.
static int64_t mean_queries(const HotTokensParams& p, int64_t b, int64_t h, const HotTokensScratch& s) {
  const int64_t padded_dim = hot_row(p);
  int64_t count = 0;
  for (int64_t y = 0; y < p.rows; ++y) {
    for (int64_t x = 0; x < p.columns; ++x) {
      const IndexRange ys = {y * p.height / p.rows, ceil_div((y + 1) * p.height, p.rows)};
      const IndexRange xs = {x * p.width / p.columns, ceil_div((x + 1) * p.width, p.columns)};
      if (mean_query(p, b, h, ys, xs, s.keys, s.queries + count * padded_dim)) ++count;
    }
  }
  const int64_t lanes = ceil_div(count, kWidth) * kWidth;
  zero_floats(s.queries + count * padded_dim, (lanes - count) * padded_dim);
  rows_to_tiles(s.queries, lanes, padded_dim, p.scale * kLog2E, s.tiles);
  return count;
}

// The tokens that are there, and with masses the logarithms of these. Returns how many.
static int64_t gather_places(const HotTokensParams& p, int64_t b, int64_t h, const HotTokensScratch& s) {
  int64_t count = 0;
  for (int64_t y = 0; y < p.height; ++y) {
    for (int64_t x = 0; x < p.width; ++x) {
      const float mass = mass_of_token(p, b, y, x, h);
      if (mass <= 0) continue;
      s.bias[count] = mass;
      s.element[count] = p.k.element(b, y, x, h);
      s.place[count++] = y * p.width + x;
    }
  }
  for (int64_t i = count; i % kWidth != 0; ++i) s.bias[i] = 1;
  for (int64_t i = 0; i < count; i += kWidth) store(s.bias + i, log2(load(s.bias + i)));
  return count;
}

// Scores of `count` keys from `begin` on against all queries, as weights relative to the largest of the block. Asks for
// the `ahead` keys that follow.
static void weigh_block(const HotTokensParams& p, int64_t begin, int64_t count, int64_t ahead, int64_t tiles,
                        const HotTokensScratch& s) {
  const int64_t padded_dim = hot_row(p), block = begin / kHotBlock;
  for (int64_t i = 0; i < count; ++i) {
    load_padded_row(s.keys + i * padded_dim, p.k.data, s.element[begin + i], p.head_dim, padded_dim, p.storage);
  }
  const float* bias = p.mass.data == nullptr ? nullptr : s.bias + begin;
  const KeyList keys = {count, s.offset, bias, nullptr, nullptr, 0, nullptr, nullptr, false};
  for (int64_t t = 0; t < tiles; ++t) {
    for (int64_t i = t * ahead / tiles; i < (t + 1) * ahead / tiles; ++i) {
      prefetch_row(p.k.data, s.element[begin + count + i], p.head_dim, p.storage);
    }
    float* weights = s.weights + (block * tiles + t) * kHotBlock * kWidth;
    const Vec largest = score_block<Float32Products>(keys, 0, count, 0, s.keys, s.tiles + t * padded_dim * kWidth,
                                                     padded_dim, 1, weights, broadcast(kMaskedScore), nullptr);
    store(s.largest + block * kMostAreas + t * kWidth, largest);
    store(s.totals + block * kMostAreas + t * kWidth, Float32Products::weigh(weights, count, largest).exact);
  }
}

// Turns `totals` into what each block's weights have to be multiplied by.
static void normalize_blocks(int64_t blocks, int64_t queries, const HotTokensScratch& s) {
  for (int64_t lane = 0; lane < queries; lane += kWidth) {
    Vec largest = broadcast(kMaskedScore), total = Vec{}, used = Vec{};
    for (int i = 0; i < kWidth; ++i) used[i] = lane + i < queries ? 1.0f : 0.0f;
    for (int64_t b = 0; b < blocks; ++b) largest = max(largest, load(s.largest + b * kMostAreas + lane));
    for (int64_t b = 0; b < blocks; ++b) {
      const int64_t at = b * kMostAreas + lane;
      total += load(s.totals + at) * exp2(load(s.largest + at) - largest);
    }
    for (int64_t b = 0; b < blocks; ++b) {
      const int64_t at = b * kMostAreas + lane;
      const Vec factor = exp2(load(s.largest + at) - largest) / total;
      store(s.totals + at, used == 0.0f ? Vec{} : factor);
    }
  }
}

// received[token] for the tokens that are there; NaN for all of them where a query, key or mass is.
void hot_tokens(const HotTokensParams& p, int64_t b, int64_t h, const HotTokensScratch& s, float* received) {
  const int64_t padded_dim = hot_row(p);
  const int64_t queries = mean_queries(p, b, h, s), places = gather_places(p, b, h, s);
  const int64_t tiles = ceil_div(queries, kWidth), blocks = ceil_div(places, kHotBlock);
  for (int64_t i = 0; i < kHotBlock + 8; ++i) s.offset[i] = smaller(i, kHotBlock - 1) * padded_dim;
  for (int64_t block = 0; block < blocks; ++block) {
    const int64_t begin = block * kHotBlock;
    const int64_t count = smaller(kHotBlock, places - begin);
    weigh_block(p, begin, count, smaller(kHotBlock, places - begin - count), tiles, s);
  }
  normalize_blocks(blocks, queries, s);
  for (int64_t i = 0; i < places; ++i) {
    const int64_t block = i / kHotBlock;
    const float* weights = s.weights + (block * tiles * kHotBlock + i % kHotBlock) * kWidth;
    Vec sum = Vec{};
    for (int64_t t = 0; t < tiles; ++t, weights += kHotBlock * kWidth) {
      sum += load(weights) * load(s.totals + block * kMostAreas + t * kWidth);
    }
    received[s.place[i]] = sum_of_lanes(sum);
  }
}
