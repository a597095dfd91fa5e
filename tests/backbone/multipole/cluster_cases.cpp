#include "tests/backbone/multipole/cluster_cases.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "backbone/multipole/op.h"
#include "backbone/multipole/operators.h"
#include "backbone/multipole/quadtree.h"
#include "tests/support/random_source.h"

namespace multipole::test {

using torch::Tensor;

ClusterCase random_cluster_case(torch::ScalarType dtype, int64_t max_side) {
  const int64_t cell = random_int(2, 5), heads = random_int(1, 3), dim = random_int(1, 6);
  const std::vector<int64_t> grid = {random_int(1, 2), random_int(1, max_side), random_int(1, max_side), heads};
  const Tensor mass = torch::rand(grid, dtype) * 0.9 + 0.1;
  std::vector<int64_t> sizes = grid;
  sizes.push_back(dim);
  return {torch::randn(sizes, dtype),
          torch::randn(sizes, dtype),
          mass.masked_fill(torch::randint(0, 3, grid).eq(0), 0),
          cell,
          random_int(0, 1) == 0 ? 1 : 4,
          random_int(1, 3)};
}

std::string describe(const ClusterCase& c) {
  return c10::str(c.k.scalar_type(), " tokens ", c.k.sizes(), " cell ", c.cell, " rank ", c.rank, " levels ", c.levels,
                  " steps ", c.steps);
}

ClusterResult cluster(const ClusterCase& c) {
  auto [k_far, v_far, far_mass] =
      cluster2d(c.k, c.v, c.cell, c.rank, c.levels, c.mass.defined() ? std::optional(c.mass) : std::nullopt, c.steps);
  return {k_far, v_far, far_mass, {}};
}

ClusterResult cluster_with_labels(const ClusterCase& c) {
  static const auto op = find_operator<Cluster2dWithLabelsSignature>("_cluster2d_with_labels");
  auto [k_far, v_far, far_mass, labels] =
      op.call(c.k, c.v, c.cell, c.rank, c.levels, c.mass.defined() ? std::optional(c.mass) : std::nullopt, c.steps);
  return {k_far, v_far, far_mass, labels};
}

double squared_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

std::vector<ClusterPoint> means_of(const std::vector<ClusterPoint>& points, int64_t rank, size_t dim) {
  std::vector<ClusterPoint> means(static_cast<size_t>(rank),
                                  ClusterPoint{std::vector<double>(dim), std::vector<double>(dim), 0, 0});
  for (const ClusterPoint& point : points) means[point.label].mass += point.mass;
  for (const ClusterPoint& point : points) {
    ClusterPoint& mean = means[point.label];
    for (size_t i = 0; i < dim && mean.mass > 0; ++i) {
      mean.k[i] += point.mass * point.k[i] / mean.mass;
      mean.v[i] += point.mass * point.v[i] / mean.mass;
    }
  }
  return means;
}

namespace {

int64_t first_empty(const std::vector<ClusterPoint>& means) {
  for (size_t i = 0; i < means.size(); ++i) {
    if (means[i].mass == 0) return static_cast<int64_t>(i);
  }
  return -1;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  return std::sqrt(squared_distance(a, b));
}

// Gives the point to the nearest mean; returns how much nearer it is than the next.
double assign(ClusterPoint& point, const std::vector<ClusterPoint>& means) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double least = kInfinity, next = kInfinity;
  for (size_t c = 0; c < means.size(); ++c) {
    const double own = distance(point.k, means[c].k);
    if (means[c].mass == 0) continue;
    if (own < least) {
      next = least;
      least = own;
      point.label = static_cast<int64_t>(c);
    } else {
      next = std::min(next, own);
    }
  }
  return next - least;
}

}  // namespace

LoopClusters cluster_by_loops(std::vector<ClusterPoint> points, int64_t rank, int64_t steps, size_t dim) {
  constexpr double kSame = 1e-10;  // of distances: the mean of one point is that point but for rounding
  double margin = std::numeric_limits<double>::infinity();
  for (int64_t step = 0; step < steps; ++step) {
    const std::vector<ClusterPoint> means = means_of(points, rank, dim);
    for (ClusterPoint& point : points) margin = std::min(margin, assign(point, means));
  }
  for (int64_t split = 1; split < rank && steps > 0; ++split) {
    const std::vector<ClusterPoint> means = means_of(points, rank, dim);
    const int64_t empty = first_empty(means);
    double most = kSame, next = 0;
    const ClusterPoint* farthest = nullptr;
    for (const ClusterPoint& point : points) {
      const double own = distance(point.k, means[point.label].k);
      next = std::max(next, std::min(own, most));
      if (own <= most) continue;
      most = own;
      farthest = &point;
    }
    if (empty < 0 || farthest == nullptr) break;
    margin = std::min(margin, most - next);
    const std::vector<double> center = farthest->k;
    for (ClusterPoint& point : points) {
      const double own = distance(point.k, means[point.label].k), other = distance(point.k, center);
      margin = std::min(margin, std::abs(own - other));
      if (other < own) point.label = empty;
    }
  }
  return {means_of(points, rank, dim), margin};
}

std::vector<double> numbers(const Tensor& row) {
  const Tensor flat = row.to(torch::kFloat64).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

std::vector<std::vector<ClusterPoint>> points_by_cell(const ClusterCase& c, int64_t level, int64_t b, int64_t h,
                                                      const std::vector<std::vector<ClusterPoint>>& below) {
  const int64_t side = subcells_per_side(c.rank), width = level == 1 ? c.cell : 2;
  const auto cells = [&](int64_t l, int64_t tokens) { return l == 0 ? tokens : level_cells(l, tokens, c.cell); };
  const int64_t rows = cells(level, c.k.size(1)), columns = cells(level, c.k.size(2));
  const int64_t below_rows = cells(level - 1, c.k.size(1)), below_columns = cells(level - 1, c.k.size(2));
  std::vector<std::vector<ClusterPoint>> all;
  for (int64_t cell = 0; cell < rows * columns; ++cell) {
    all.emplace_back();
    for (int64_t i = 0; i < width * width; ++i) {
      const int64_t dy = i / width, dx = i % width, y = cell / columns * width + dy, x = cell % columns * width + dx;
      if (y >= below_rows || x >= below_columns) continue;
      if (level == 1) {
        const double mass = c.mass[b][y][x][h].item<double>();
        const int64_t start = subcell_of_token(dy, 1, c.cell, side) * side + subcell_of_token(dx, 1, c.cell, side);
        if (mass > 0) all.back().push_back({numbers(c.k[b][y][x][h]), numbers(c.v[b][y][x][h]), mass, start});
        continue;
      }
      for (int64_t p = 0; p < c.rank; ++p) {
        ClusterPoint point = below[static_cast<size_t>(y * below_columns + x)][static_cast<size_t>(p)];
        point.label = (i * c.rank + p) / 4;
        if (point.mass > 0) all.back().push_back(point);
      }
    }
  }
  return all;
}

}  // namespace multipole::test
