// Clustered summaries: the rules as plain loops, the laws, and gradients.
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <cmath>
#include <limits>

#include "backbone/multipole/op.h"
#include "backbone/multipole/quadtree.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/gradcheck.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

struct Case {
  Tensor k, v, mass;  // mass (B, H, W, heads)
  int64_t cell, rank, levels, steps = 4;
};

struct Result {
  std::vector<Tensor> k_far, v_far, far_mass;
};

Case random_case(torch::ScalarType dtype, int64_t max_side = 20) {
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

std::string describe(const Case& c) {
  return c10::str("tokens ", c.k.sizes(), " cell ", c.cell, " rank ", c.rank, " levels ", c.levels);
}

Result run(const Case& c) {
  auto [k_far, v_far, far_mass] =
      cluster2d(c.k, c.v, c.cell, c.rank, c.levels, c.mass.defined() ? std::optional(c.mass) : std::nullopt, c.steps);
  return {k_far, v_far, far_mass};
}

Tensor all_of(const Result& result) {
  std::vector<Tensor> flat;
  for (const auto* list : {&result.k_far, &result.v_far, &result.far_mass}) {
    for (const Tensor& level : *list) flat.push_back(level.flatten());
  }
  return torch::cat(flat);
}

// The points of one cell and head, as plain numbers.
struct Point {
  std::vector<double> k, v;
  double mass;
  int64_t label;
};

double squared_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

std::vector<Point> means_of(const std::vector<Point>& points, int64_t rank, size_t dim) {
  std::vector<Point> means(static_cast<size_t>(rank), Point{std::vector<double>(dim), std::vector<double>(dim), 0, 0});
  for (const Point& point : points) means[point.label].mass += point.mass;
  for (const Point& point : points) {
    Point& mean = means[point.label];
    for (size_t i = 0; i < dim && mean.mass > 0; ++i) {
      mean.k[i] += point.mass * point.k[i] / mean.mass;
      mean.v[i] += point.mass * point.v[i] / mean.mass;
    }
  }
  return means;
}

int64_t first_empty(const std::vector<Point>& means) {
  for (size_t i = 0; i < means.size(); ++i) {
    if (means[i].mass == 0) return static_cast<int64_t>(i);
  }
  return -1;
}

// The clusters of a cell, by the rules of op.h. Random keys are distinct: no threshold for rounding.
std::vector<Point> cluster_cell(std::vector<Point> points, int64_t rank, int64_t steps, size_t dim) {
  for (int64_t step = 0; step < steps; ++step) {
    const std::vector<Point> means = means_of(points, rank, dim);
    for (Point& point : points) {
      double least = std::numeric_limits<double>::infinity();
      for (int64_t c = 0; c < rank; ++c) {
        const double distance = squared_distance(point.k, means[c].k);
        if (means[c].mass > 0 && distance < least) {
          least = distance;
          point.label = c;
        }
      }
    }
  }
  for (int64_t split = 1; split < rank && steps > 0; ++split) {
    const std::vector<Point> means = means_of(points, rank, dim);
    const int64_t empty = first_empty(means);
    double most = 1e-20;
    const Point* farthest = nullptr;
    for (const Point& point : points) {
      const double distance = squared_distance(point.k, means[point.label].k);
      if (point.mass > 0 && distance > most) {
        most = distance;
        farthest = &point;
      }
    }
    if (empty < 0 || farthest == nullptr) break;
    const std::vector<double> center = farthest->k;
    for (Point& point : points) {
      if (squared_distance(point.k, center) < squared_distance(point.k, means[point.label].k)) point.label = empty;
    }
  }
  return means_of(points, rank, dim);
}

std::vector<double> numbers(const Tensor& row) {
  const Tensor flat = row.to(torch::kFloat64).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

// One image and head.
void expect_loops(const Case& c, const Result& result, int64_t b, int64_t h) {
  const size_t dim = static_cast<size_t>(c.k.size(4));
  const int64_t side = subcells_per_side(c.rank);
  std::vector<std::vector<Point>> below;  // by cell, of the level below
  for (int64_t level = 1; level <= c.levels; ++level) {
    const int64_t rows = level_cells(level, c.k.size(1), c.cell), columns = level_cells(level, c.k.size(2), c.cell);
    const int64_t below_rows = level == 1 ? 0 : level_cells(level - 1, c.k.size(1), c.cell);
    const int64_t below_columns = level == 1 ? 0 : level_cells(level - 1, c.k.size(2), c.cell);
    std::vector<std::vector<Point>> own;
    for (int64_t cell = 0; cell < rows * columns; ++cell) {
      std::vector<Point> points;
      const int64_t width = level == 1 ? c.cell : 2;
      for (int64_t i = 0; i < width * width; ++i) {
        const int64_t dy = i / width, dx = i % width, y = cell / columns * width + dy, x = cell % columns * width + dx;
        if (level == 1 && y < c.k.size(1) && x < c.k.size(2)) {
          points.push_back({numbers(c.k[b][y][x][h]), numbers(c.v[b][y][x][h]), c.mass[b][y][x][h].item<double>(),
                            subcell_of_token(dy, 1, c.cell, side) * side + subcell_of_token(dx, 1, c.cell, side)});
        } else if (level > 1 && y < below_rows && x < below_columns) {
          for (int64_t p = 0; p < c.rank; ++p) {
            points.push_back(below[y * below_columns + x][p]);
            points.back().label = (i * c.rank + p) / 4;
          }
        }
      }
      own.push_back(cluster_cell(points, c.rank, c.steps, dim));
      for (int64_t p = 0; p < c.rank; ++p) {
        const Point& expected = own.back()[p];
        const auto at = [&](const Tensor& far) { return far[b][cell / columns][cell % columns][p][h]; };
        const auto k = numbers(at(result.k_far[level - 1])), v = numbers(at(result.v_far[level - 1]));
        EXPECT_LE(squared_distance(k, expected.k), 1e-18) << "level " << level << " cell " << cell << " cluster " << p;
        EXPECT_LE(squared_distance(v, expected.v), 1e-18) << "level " << level << " cell " << cell << " cluster " << p;
        EXPECT_NEAR(at(result.far_mass[level - 1]).exp().item<double>(), expected.mass, 1e-9);
      }
    }
    below = own;
  }
}

TEST(Cluster2d, EqualsPlainLoops) {
  for (int i = 0; i < 12; ++i) {
    Case c = random_case(torch::kFloat64);
    c.steps = random_int(0, 5);
    SCOPED_TRACE(describe(c));
    const Result result = run(c);
    expect_loops(c, result, random_int(0, c.k.size(0) - 1), random_int(0, c.k.size(3) - 1));
  }
}

TEST(Cluster2d, EachLevelHasTheMassOfItsTokens) {
  for (int i = 0; i < 10; ++i) {
    const Case c = random_case(torch::kFloat64, 40);
    SCOPED_TRACE(describe(c));
    const Result result = run(c);
    for (int64_t level = 1; level <= c.levels; ++level) {
      const int64_t side = level_side(level, c.cell);
      const Tensor actual = result.far_mass[level - 1].exp().sum(3);
      for (int64_t y = 0; y < actual.size(1); ++y) {
        for (int64_t x = 0; x < actual.size(2); ++x) {
          const auto tokens = c.mass.slice(1, y * side, (y + 1) * side).slice(2, x * side, (x + 1) * side);
          const Tensor expected = tokens.sum(at::IntArrayRef{1, 2});
          EXPECT_LE((actual.select(1, y).select(1, x) - expected).abs().max().item<double>(), 1e-10);
        }
      }
    }
  }
}

// The second moment of the keys of a level equals that of the tokens only where each cluster's members are alike.
TEST(Cluster2d, FewDistinctKeysAreKeptApart) {
  for (const auto dtype : {torch::kFloat64, torch::kFloat32}) {
    for (int i = 0; i < 12; ++i) {
      Case c = random_case(dtype);
      c.rank = 4;
      SCOPED_TRACE(describe(c));
      const Tensor distinct = torch::randn({random_int(1, 4), c.k.size(4)}, dtype);
      c.k = distinct.index_select(0, torch::randint(0, distinct.size(0), {c.mass.numel()})).view(c.k.sizes());
      c.steps = random_int(1, 4);
      const Result result = run(c);
      const Tensor expected = (c.k.pow(2).sum(4) * c.mass).sum();
      for (size_t l = 0; l < result.k_far.size(); ++l) {
        const Tensor actual = (result.k_far[l].pow(2).sum(5) * result.far_mass[l].exp()).sum();
        EXPECT_NEAR(actual.item<double>(), expected.item<double>(),
                    (dtype == torch::kFloat64 ? 1e-10 : 1e-4) * (1 + expected.item<double>()));
      }
    }
  }
}

TEST(Cluster2d, AMaskedTokenChangesNothing) {
  for (int i = 0; i < 8; ++i) {
    const Case c = random_case(torch::kFloat32);
    const auto with_grads = [&](double value) {
      std::vector<Tensor> leaves = {c.k, c.v, c.mass};
      const Tensor masked = c.mass.eq(0).unsqueeze(4);
      for (int side = 0; side < 2; ++side) leaves[side] = leaves[side].masked_fill(masked, value);
      for (Tensor& leaf : leaves) leaf = leaf.detach().clone().requires_grad_();
      Case own = c;
      own.k = leaves[0];
      own.v = leaves[1];
      own.mass = leaves[2];
      const Tensor all = all_of(run(own));
      std::vector<Tensor> results = torch::autograd::grad({all}, leaves, {torch::linspace(-1, 2, all.numel())});
      results.push_back(all.detach());
      return results;
    };
    const auto expected = with_grads(0);
    EXPECT_FALSE(expected[3].isnan().any().item<bool>());
    for (const double value : {std::nan(""), std::numeric_limits<double>::infinity(), 7.0}) {
      const auto actual = with_grads(value);
      for (size_t t = 0; t < expected.size(); ++t) EXPECT_TRUE(actual[t].equal(expected[t])) << t << " " << value;
    }
    for (const size_t t : {0, 1, 2}) {
      const Tensor masked = t == 2 ? c.mass.eq(0) : c.mass.eq(0).unsqueeze(4).expand_as(c.k);
      EXPECT_FALSE(expected[t].masked_select(masked).any().item<bool>()) << t;
      EXPECT_TRUE(expected[t].isfinite().all().item<bool>()) << t;
    }
  }
}

TEST(Cluster2d, MassOneIsNoMass) {
  Case c = random_case(torch::kFloat32);
  c.mass = Tensor();
  const Tensor expected = all_of(run(c));
  c.mass = torch::ones({c.k.size(0), c.k.size(1), c.k.size(2)});
  EXPECT_TRUE(all_of(run(c)).equal(expected));
}

TEST(Cluster2d, ImagesAndHeadsAreIndependent) {
  for (int i = 0; i < 5; ++i) {
    const Case c = random_case(torch::kFloat32);
    const Tensor images = torch::randperm(c.k.size(0)), heads = torch::randperm(c.k.size(3));
    Case moved = c;
    for (Tensor* x : {&moved.k, &moved.v, &moved.mass}) *x = x->index_select(0, images).index_select(3, heads);
    const Result expected = run(c), actual = run(moved);
    for (size_t l = 0; l < expected.k_far.size(); ++l) {
      const auto move = [&](const Tensor& x) { return x.index_select(0, images).index_select(4, heads); };
      EXPECT_LE(relative_error(actual.k_far[l], move(expected.k_far[l])), 1e-6);
      EXPECT_LE(relative_error(actual.v_far[l], move(expected.v_far[l])), 1e-6);
      EXPECT_TRUE(actual.far_mass[l].isfinite().equal(move(expected.far_mass[l]).isfinite()));
    }
  }
}

TEST(Cluster2d, Gradients) {
  for (int i = 0; i < 6; ++i) {
    Case c = random_case(torch::kFloat64, 12);
    SCOPED_TRACE(describe(c));
    c.mass = torch::rand_like(c.mass) * 0.8 + 0.2;
    if (i % 2 == 0) c.mass = c.mass.select(3, 0).contiguous();
    const auto function = [&](const std::vector<Tensor>& tensors) {
      Case own = c;
      own.k = tensors[0];
      own.v = tensors[1];
      own.mass = tensors[2];
      const Tensor all = all_of(run(own));
      return all.masked_select(all.isfinite());
    };
    GradcheckOptions options;
    options.step = 1e-6;  // the members of clusters must stay
    options.tolerance = 1e-5;
    EXPECT_EQ(gradcheck(function, {c.k, c.v, c.mass}, options), "");
  }
}

TEST(Cluster2d, ErrorsNameTheArgument) {
  const Tensor x = torch::randn({1, 4, 4, 2, 3});
  EXPECT_THROW(cluster2d(x, x.slice(1, 1), 2, 1, 1), c10::Error);
  EXPECT_THROW(cluster2d(x, x, 2, 3, 1), c10::Error);
  EXPECT_THROW(cluster2d(x, x, 2, 1, 0), c10::Error);
  EXPECT_THROW(cluster2d(x, x, 2, 1, 1, torch::ones({1, 4, 3})), c10::Error);
  EXPECT_THROW(cluster2d(x, x, 2, 1, 1, torch::ones({1, 4, 4}), -1), c10::Error);
}

}  // namespace
}  // namespace multipole::test
