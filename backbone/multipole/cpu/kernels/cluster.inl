// Lloyd steps over the sites of one cell and head: see cluster_params.h. Points are held as rows, which means are taken
// of, and in tiles of a point a lane, whose distances are measured: by differences, since squares expanded into
// products would cancel where the keys of a cell lie close together.

MULTIPOLE_INLINE int64_t cluster_row(const ClusterParams& p) { return ceil_div(p.head_dim, kRowFloats) * kRowFloats; }

struct ClusterCell {
  int64_t b, row, column, head;
};

// The sites of a cell that are there, as points. Returns how many.
static int64_t gather_points(const ClusterParams& p, const ClusterCell& cell, const ClusterScratch& s) {
  const int64_t padded_dim = cluster_row(p), top = cell.row * p.side, left = cell.column * p.side;
  const int64_t bottom = smaller(p.height, top + p.side), right = smaller(p.width, left + p.side);
  int64_t count = 0;
  for (int64_t y = top; y < bottom; ++y) {
    for (int64_t x = left; x < right; ++x) {
      const int32_t* start = p.start + ((y - top) * p.side + x - left) * p.entries;
      int64_t site = ((cell.b * p.height + y) * p.width + x) * p.entries * p.heads + cell.head;
      for (int64_t e = 0; e < p.entries; ++e, site += p.heads) {
        float mass = 1;
        if (p.mass.data != nullptr) {
          mass = static_cast<const float*>(p.mass.data)[p.mass.element(cell.b, y, x, e, cell.head)];
        }
        p.labels[site] = 0;
        if (cell.head + 1 < p.heads) {
          prefetch_row(p.k.data, p.k.element(cell.b, y, x, e, cell.head + 1), p.head_dim, p.storage);
        } else if (x + p.side < p.width) {
          prefetch_row(p.k.data, p.k.element(cell.b, y, x + p.side, e, 0), p.head_dim, p.storage);
        }
        if (mass <= 0) continue;  // not so NaN, which shows
        load_padded_row(s.rows + count * padded_dim, p.k.data, p.k.element(cell.b, y, x, e, cell.head), p.head_dim,
                        padded_dim, p.storage);
        s.point_mass[count] = mass;
        s.point_label[count] = start[e];
        s.site[count] = site;
        s.value[count] = p.v.element(cell.b, y, x, e, cell.head);
        prefetch_row(p.v.data, s.value[count], p.head_dim, p.storage);
        ++count;
      }
    }
  }
  return count;
}

// Fills `members` and `first`, each cluster's members in their own order, and the masses.
static void sort_members(int64_t count, int64_t rank, const ClusterScratch& s) {
  for (int64_t c = 0; c <= rank; ++c) s.first[c] = 0;
  for (int64_t i = 0; i < count; ++i) ++s.first[s.point_label[i] + 1];
  for (int64_t c = 0; c < rank; ++c) {
    s.first[c + 1] += s.first[c];
    s.cluster_mass[c] = 0;
  }
  for (int64_t i = 0; i < count; ++i) {
    const int32_t label = s.point_label[i];
    s.members[s.first[label]++] = static_cast<int32_t>(i);
    s.cluster_mass[label] += s.point_mass[i];
  }
  for (int64_t c = rank; c > 0; --c) s.first[c] = s.first[c - 1];
  s.first[0] = 0;
}

template <int Vectors>
MULTIPOLE_INLINE void mean_of_members(const ClusterScratch& s, int64_t cluster, int64_t padded_dim, int64_t channel) {
  Vec sum[Vectors] = {};
  for (int32_t m = s.first[cluster]; m < s.first[cluster + 1]; ++m) {
    const int64_t i = s.members[m];
    const float* row = s.rows + i * padded_dim + channel;
#pragma GCC unroll 4
    for (int n = 0; n < Vectors; ++n) sum[n] += load(row + n * kWidth) * s.point_mass[i];
  }
  float* mean = s.means + cluster * padded_dim + channel;
#pragma GCC unroll 4
  for (int n = 0; n < Vectors; ++n) store(mean + n * kWidth, sum[n] / s.cluster_mass[cluster]);
}

// The means by mass of the rows of each cluster's members, 0 for one that has none.
static void take_means(int64_t rank, int64_t padded_dim, const ClusterScratch& s) {
  for (int64_t c = 0; c < rank; ++c) {
    if (s.first[c] == s.first[c + 1]) {
      zero_floats(s.means + c * padded_dim, padded_dim);
      continue;
    }
    int64_t channel = 0;
    for (; channel + 4 * kWidth <= padded_dim; channel += 4 * kWidth) mean_of_members<4>(s, c, padded_dim, channel);
    for (; channel < padded_dim; channel += kWidth) mean_of_members<1>(s, c, padded_dim, channel);
  }
}

// Squared distances of a tile of points to means, (mean, lane).
struct DistanceGroups {
  const float* tile;
  const float* means;
  int64_t padded_dim;
  float* distances;
  template <int Means>
  MULTIPOLE_INLINE_MEMBER void run(int64_t first) const {
    Vec sum[Means] = {};
    const float* mean = means + first * padded_dim;
    for (int64_t c = 0; c < padded_dim; ++c) {
      const Vec x = load(tile + c * kWidth);
#pragma GCC unroll 8
      for (int n = 0; n < Means; ++n) {
        const Vec away = x - mean[n * padded_dim + c];
        sum[n] += away * away;
      }
    }
#pragma GCC unroll 8
    for (int n = 0; n < Means; ++n) store(distances + (first + n) * kWidth, sum[n]);
  }
};

// Gives each point to the nearest mean of a cluster with members, the first of those that are as near within
// `tolerance`.
static void assign_points(int64_t count, int64_t rank, int64_t padded_dim, float tolerance, const ClusterScratch& s) {
  for (int64_t i = 0; i < count; i += kWidth) {
    for_groups_of_8(rank, DistanceGroups{s.tiles + i * padded_dim, s.means, padded_dim, s.distances});
    Vec least = broadcast(__builtin_inff());
    for (int64_t c = 0; c < rank; ++c) {
      if (s.first[c] == s.first[c + 1]) continue;
      const Vec distance = load(s.distances + c * kWidth);
      least = distance < least ? distance : least;
    }
    const Vec reach = square_root(least) + tolerance, most = reach * reach;
    IntVec label = {};
    for (int64_t c = rank - 1; c >= 0; --c) {
      if (s.first[c] == s.first[c + 1]) continue;
      label = load(s.distances + c * kWidth) <= most ? IntVec{} + static_cast<int32_t>(c) : label;
    }
    for (int lane = 0; lane < kWidth; ++lane) s.point_label[i + lane] = label[lane];
  }
}

MULTIPOLE_INLINE float distance_of_rows(const float* a, const float* b, int64_t padded_dim) {
  Vec sum = Vec{};
  for (int64_t c = 0; c < padded_dim; c += kWidth) {
    const Vec away = load(a + c) - load(b + c);
    sum += away * away;
  }
  return __builtin_sqrtf(sum_of_lanes(sum));
}

// The first cluster without members takes the point that is farthest from its mean, and those nearer to it than to
// theirs. False where there is no such cluster or point.
static bool split_farthest(int64_t count, int64_t rank, int64_t padded_dim, float tolerance, const ClusterScratch& s) {
  int32_t empty = 0;
  while (empty < rank && s.first[empty] != s.first[empty + 1]) ++empty;
  if (empty == rank) return false;
  const auto own_distance = [&](int64_t i) {
    return distance_of_rows(s.rows + i * padded_dim, s.means + s.point_label[i] * padded_dim, padded_dim);
  };
  float most = tolerance;
  int64_t farthest = -1;
  for (int64_t i = 0; i < count; ++i) {
    const float distance = own_distance(i);
    if (distance > most) {
      most = distance;
      farthest = i;
    }
  }
  if (farthest < 0) return false;
  const float* center = s.rows + farthest * padded_dim;
  for (int64_t i = 0; i < count; ++i) {
    if (distance_of_rows(s.rows + i * padded_dim, center, padded_dim) + tolerance <= own_distance(i)) {
      s.point_label[i] = empty;
    }
  }
  return true;
}

// Distances that differ by less are alike. Not a number where a key or mass is not finite: then there are no distances.
static float distance_tolerance(int64_t count, int64_t padded_dim, const ClusterScratch& s) {
  constexpr float kRounding = 32 * 1.1920929e-7f;
  Vec most = Vec{}, defects = Vec{};
  for (int64_t i = 0; i < count; i += kWidth) {
    Vec squares = Vec{};
    for (int64_t c = 0; c < padded_dim; ++c) {
      const Vec x = load(s.tiles + i * padded_dim + c * kWidth);
      squares += x * x;
    }
    defects += squares * 0.0f;
    most = max(squares, most);
  }
  float largest = 0, defect = sum_of_lanes(defects);
  for (int lane = 0; lane < kWidth; ++lane) largest = most[lane] > largest ? most[lane] : largest;
  for (int64_t i = 0; i < count; ++i) defect += s.point_mass[i] * 0.0f;
  return kRounding * __builtin_sqrtf(largest) + defect;
}

// Finds the members of the clusters of `count` points and takes the means of their keys.
static void lloyd_steps(const ClusterParams& p, int64_t count, const ClusterScratch& s) {
  const int64_t padded_dim = cluster_row(p), padded_count = ceil_div(count, kWidth) * kWidth;
  sort_members(count, p.rank, s);
  if (p.steps > 0 && count > 0) {
    zero_floats(s.rows + count * padded_dim, (padded_count - count) * padded_dim);
    rows_to_tiles(s.rows, padded_count, padded_dim, 1, s.tiles);
    const float tolerance = distance_tolerance(count, padded_dim, s);
    if (tolerance != tolerance) {
      for (int64_t i = 0; i < count; ++i) s.point_label[i] = 0;
      sort_members(count, p.rank, s);
    } else {
      for (int64_t step = 0; step < p.steps; ++step) {
        take_means(p.rank, padded_dim, s);
        assign_points(count, p.rank, padded_dim, tolerance, s);
        sort_members(count, p.rank, s);
      }
      for (int64_t split = 1; split < p.rank; ++split) {
        take_means(p.rank, padded_dim, s);
        if (!split_farthest(count, p.rank, padded_dim, tolerance, s)) return;
        sort_members(count, p.rank, s);
      }
    }
  }
  take_means(p.rank, padded_dim, s);
}

static void write_means(const ClusterParams& p, const ClusterCell& cell, const ClusterScratch& s, float* out) {
  const int64_t padded_dim = cluster_row(p), dim = p.head_dim;
  const int64_t first = ((cell.b * p.rows + cell.row) * p.columns + cell.column) * p.rank * p.heads + cell.head;
  for (int64_t c = 0; c < p.rank; ++c) {
    const float* mean = s.means + c * padded_dim;
    float* to = out + (first + c * p.heads) * dim;
    for (int64_t i = 0; i < dim; ++i) to[i] = mean[i];
  }
}

// The clusters of one cell and head.
void cluster_cell(const ClusterParams& p, int64_t b, int64_t row, int64_t column, int64_t head,
                  const ClusterScratch& s) {
  const ClusterCell cell = {b, row, column, head};
  const int64_t padded_dim = cluster_row(p), count = gather_points(p, cell, s);
  lloyd_steps(p, count, s);
  write_means(p, cell, s, p.out_k);
  for (int64_t i = 0; i < count; ++i) {
    load_padded_row(s.rows + i * padded_dim, p.v.data, s.value[i], p.head_dim, padded_dim, p.storage);
    p.labels[s.site[i]] = s.point_label[i];
  }
  take_means(p.rank, padded_dim, s);
  write_means(p, cell, s, p.out_v);
  for (int64_t c = 0; c < p.rank; ++c) {
    p.out_mass[(((b * p.rows + row) * p.columns + column) * p.rank + c) * p.heads + head] = s.cluster_mass[c];
  }
}
