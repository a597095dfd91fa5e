// The CPU kernels of clustered summaries, of every instruction set: against the rules as loops in float64, their
// labels, their gradients, and what they do with NaN.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <cmath>
#include <limits>
#include <vector>

#include "backbone/multipole/quadtree.h"
#include "tests/backbone/multipole/cluster_cases.h"
#include "tests/backbone/multipole/each_instruction_set.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

// Any cell and rank, any number of channels; NaN where a token has no mass.
ClusterCase random_kernel_case(torch::ScalarType dtype) {
  ClusterCase c;
  c.cell = random_int(2, 8);
  const int64_t side = random_int(1, std::min<int64_t>(4, c.cell));
  c.rank = side * side;
  c.levels = random_int(1, 3);
  c.steps = random_int(0, 5);
  const std::vector<int64_t> grid = {random_int(1, 2), random_int(1, 26), random_int(1, 26), random_int(1, 3)};
  std::vector<int64_t> sizes = grid;
  sizes.push_back(random_int(1, 40));
  c.mass = (torch::rand(grid) * 0.9 + 0.1).masked_fill(torch::randint(0, 3, grid).eq(0), 0);
  for (Tensor* x : {&c.k, &c.v}) {
    *x = torch::randn(sizes).masked_fill(c.mass.eq(0).unsqueeze(4), std::nan("")).to(dtype);
  }
  return c;
}

double largest_number(const Tensor& x) { return x.to(torch::kFloat64).nan_to_num(0, 0, 0).abs().max().item<double>(); }

// What the loops say of one image and head. Cells where distances nearly tie may be clustered otherwise, and so may
// those above: they are left out.
struct Expected {
  std::vector<std::vector<LoopClusters>> levels;  // by cell
  std::vector<std::vector<bool>> is_clear;
};

Expected expected_of(const ClusterCase& c, int64_t b, int64_t h) {
  const double tie = 150 * std::numeric_limits<float>::epsilon() * largest_number(c.k) * std::sqrt(c.k.size(4));
  Expected expected;
  std::vector<std::vector<ClusterPoint>> below;
  for (int64_t level = 1; level <= c.levels; ++level) {
    std::vector<std::vector<ClusterPoint>> means;
    std::vector<LoopClusters> own;
    std::vector<bool> clear;
    const int64_t columns = level_cells(level, c.k.size(2), c.cell);
    for (const auto& points : points_by_cell(c, level, b, h, below)) {
      own.push_back(cluster_by_loops(points, c.rank, c.steps, static_cast<size_t>(c.k.size(4))));
      means.push_back(own.back().clusters);
      clear.push_back(own.back().margin > tie);
    }
    if (level > 1) {
      const auto& children = expected.is_clear.back();
      const int64_t child_columns = level_cells(level - 1, c.k.size(2), c.cell);
      for (size_t child = 0; child < children.size(); ++child) {
        const int64_t y = static_cast<int64_t>(child) / child_columns, x = static_cast<int64_t>(child) % child_columns;
        if (!children[child]) clear[static_cast<size_t>(y / 2 * columns + x / 2)] = false;
      }
    }
    expected.levels.push_back(own);
    expected.is_clear.push_back(clear);
    below = means;
  }
  return expected;
}

void expect_near(const Tensor& actual, const std::vector<double>& expected, double rounding) {
  const std::vector<double> row = numbers(actual);
  for (size_t i = 0; i < row.size(); ++i) EXPECT_NEAR(row[i], expected[i], rounding * (1 + std::abs(expected[i])));
}

TEST(Cluster2dKernels, EqualPlainLoops) {
  int64_t cells = 0, compared = 0;
  for (int i = 0; i < 8; ++i) {
    const auto dtype = i % 3 == 2 ? torch::kBFloat16 : torch::kFloat32;
    const ClusterCase c = random_kernel_case(dtype);
    SCOPED_TRACE(describe(c));
    const int64_t b = random_int(0, c.k.size(0) - 1), h = random_int(0, c.k.size(3) - 1);
    const Expected expected = expected_of(c, b, h);
    const double rounding = dtype == torch::kFloat32 ? 1e-5 : 1.0 / 256;
    for_each_instruction_set([&] {
      const ClusterResult result = cluster(c);
      for (size_t l = 0; l < expected.levels.size(); ++l) {
        const int64_t columns = result.far_mass[l].size(2);
        for (size_t cell = 0; cell < expected.levels[l].size(); ++cell) {
          ++cells;
          if (!expected.is_clear[l][cell]) continue;
          ++compared;
          for (int64_t p = 0; p < c.rank; ++p) {
            const int64_t y = static_cast<int64_t>(cell) / columns, x = static_cast<int64_t>(cell) % columns;
            const ClusterPoint& own = expected.levels[l][cell].clusters[static_cast<size_t>(p)];
            const auto at = [&](const Tensor& far) { return far[b][y][x][p][h]; };
            SCOPED_TRACE(c10::str("level ", l + 1, " cell ", cell, " cluster ", p));
            expect_near(at(result.k_far[l]), own.k, rounding);
            expect_near(at(result.v_far[l]), own.v, rounding);
            EXPECT_NEAR(at(result.far_mass[l]).exp().item<double>(), own.mass, 1e-5 * (1 + own.mass));
          }
        }
      }
    });
  }
  EXPECT_GE(compared, cells / 2);
}

// Means of a level by its labels, with their gradients: sites (B, Y, X, entries, heads, d) and masses without d.
struct LabelledLevel {
  Tensor k, v, mass;
};

LabelledLevel means_by_labels(const LabelledLevel& sites, const Tensor& labels, int64_t side, int64_t rank) {
  const int64_t rows = ceil_div(sites.k.size(1), side), columns = ceil_div(sites.k.size(2), side);
  const int64_t heads = sites.k.size(4), dim = sites.k.size(5);
  const std::vector<int64_t> cells = {sites.k.size(0), rows, columns, rank, heads};
  const auto axis = [&](int64_t d, int64_t divisor) {
    std::vector<int64_t> shape(5, 1);
    shape[static_cast<size_t>(d)] = -1;
    return torch::arange(sites.k.size(d), torch::kLong).floor_divide(divisor).view(shape);
  };
  const Tensor cell = (axis(0, 1) * rows + axis(1, side)) * columns + axis(2, side);
  const Tensor place = ((cell * rank + labels) * heads + axis(4, 1)).flatten();
  const auto sum = [&](const Tensor& x, int64_t channels) {
    return torch::zeros({rows * columns * rank * heads * cells[0], channels}, x.options())
        .index_add(0, place, x.reshape({-1, channels}));
  };
  const Tensor weights = sites.mass.unsqueeze(5), total = sum(weights, 1), divisor = total.masked_fill(total.eq(0), 1);
  std::vector<int64_t> shape = cells;
  shape.push_back(dim);
  return {(sum(sites.k * weights, dim) / divisor).view(shape), (sum(sites.v * weights, dim) / divisor).view(shape),
          total.view(cells)};
}

// All levels in float64 from the labels that the op gave.
std::vector<LabelledLevel> levels_by_labels(const ClusterCase& c, const std::vector<Tensor>& labels,
                                            const std::vector<Tensor>& leaves) {
  const Tensor masked = c.mass.eq(0).unsqueeze(4);
  const auto tokens = [&](const Tensor& x) { return x.masked_fill(masked, 0).unsqueeze(3); };
  LabelledLevel sites = {tokens(leaves[0]), tokens(leaves[1]), leaves[2].unsqueeze(3)};
  std::vector<LabelledLevel> levels;
  for (size_t l = 0; l < labels.size(); ++l) {
    sites = l == 0 ? means_by_labels(sites, labels[0].unsqueeze(3), c.cell, c.rank)
                   : means_by_labels(sites, labels[l], 2, c.rank);
    levels.push_back(sites);
  }
  return levels;
}

std::vector<Tensor> leaves_of(const ClusterCase& c, torch::ScalarType dtype, torch::ScalarType mass_dtype) {
  return {c.k.to(dtype).detach().clone().requires_grad_(), c.v.to(dtype).detach().clone().requires_grad_(),
          c.mass.to(mass_dtype).detach().clone().requires_grad_()};
}

TEST(Cluster2dKernels, MeansAndGradientsAreThoseOfTheLabels) {
  for (int i = 0; i < 6; ++i) {
    const bool half = i % 3 == 2;
    const ClusterCase c = random_kernel_case(half ? torch::kBFloat16 : torch::kFloat32);
    SCOPED_TRACE(describe(c));
    const double rounding = half ? 1.0 / 128 : 2e-5;
    for_each_instruction_set([&] {
      const ClusterResult result = cluster_with_labels(c);
      const std::vector<Tensor> exact = leaves_of(c, torch::kFloat64, torch::kFloat64);
      const auto levels = levels_by_labels(c, result.labels, exact);
      ClusterCase own = c;
      const std::vector<Tensor> leaves = leaves_of(c, c.k.scalar_type(), torch::kFloat32);
      own.k = leaves[0];
      own.v = leaves[1];
      own.mass = leaves[2];
      const ClusterResult differentiable = cluster(own);
      Tensor expected_sum = torch::zeros({}, torch::kFloat64), actual_sum = torch::zeros({});
      for (size_t l = 0; l < levels.size(); ++l) {
        EXPECT_TRUE(differentiable.k_far[l].equal(result.k_far[l].to(c.k.scalar_type())));
        EXPECT_LE((result.k_far[l] - levels[l].k).abs().max().item<double>(), rounding * largest_number(c.k));
        EXPECT_LE((result.v_far[l] - levels[l].v).abs().max().item<double>(), rounding * largest_number(c.v));
        EXPECT_LE((result.far_mass[l].exp() - levels[l].mass).abs().max().item<double>(), 1e-3);
        const Tensor there = levels[l].mass > 0;
        EXPECT_TRUE(result.far_mass[l].isfinite().equal(there));
        const auto weights = [](const Tensor& x) { return torch::randn(x.sizes()).to(torch::kBFloat16); };
        const Tensor of_k = weights(levels[l].k), of_v = weights(levels[l].v), of_mass = weights(levels[l].mass);
        const auto weigh = [&](const Tensor& k, const Tensor& v, const Tensor& log_mass) {
          return (k * of_k.to(k.scalar_type())).sum() + (v * of_v.to(v.scalar_type())).sum() +
                 (log_mass.masked_select(there) * of_mass.masked_select(there).to(log_mass.scalar_type())).sum();
        };
        expected_sum = expected_sum + weigh(levels[l].k, levels[l].v, levels[l].mass.masked_fill(~there, 1).log());
        actual_sum = actual_sum + weigh(differentiable.k_far[l], differentiable.v_far[l], differentiable.far_mass[l]);
      }
      if (!c.mass.any().item<bool>()) return;
      const auto expected = torch::autograd::grad({expected_sum}, exact);
      const auto actual = torch::autograd::grad({actual_sum}, leaves);
      for (size_t t = 0; t < expected.size(); ++t) {
        EXPECT_EQ(actual[t].scalar_type(), leaves[t].scalar_type());
        const Tensor wanted = t < 2 ? expected[t] : expected[t].masked_fill(c.mass.eq(0), 0);
        EXPECT_LE(relative_error(actual[t], wanted), t < 2 ? rounding : 2e-5) << t;
      }
    });
  }
}

TEST(Cluster2dKernels, SameBitsForAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
    const ClusterCase c = random_kernel_case(dtype);
    for_each_instruction_set([&] {
      at::set_num_threads(1);
      const ClusterResult one = cluster_with_labels(c);
      at::set_num_threads(3);
      const ClusterResult many = cluster_with_labels(c);
      for (size_t l = 0; l < one.k_far.size(); ++l) {
        EXPECT_TRUE(many.k_far[l].equal(one.k_far[l]));
        EXPECT_TRUE(many.v_far[l].equal(one.v_far[l]));
        EXPECT_TRUE(many.far_mass[l].equal(one.far_mass[l]));
        EXPECT_TRUE(many.labels[l].equal(one.labels[l]));
      }
    });
  }
  at::set_num_threads(threads);
}

TEST(Cluster2dKernels, StridesDoNotMatter) {
  ClusterCase c = random_kernel_case(torch::kFloat32);
  const ForcedBackend backend(Backend::cpu);
  const ClusterResult expected = cluster(c);
  const Tensor both = torch::stack({c.k, c.v}, 3);
  c.k = both.select(3, 0);
  c.v = both.select(3, 1);
  c.mass = c.mass.transpose(1, 2).contiguous().transpose(1, 2);
  const ClusterResult actual = cluster(c);
  for (size_t l = 0; l < expected.k_far.size(); ++l) {
    EXPECT_TRUE(actual.k_far[l].equal(expected.k_far[l]));
    EXPECT_TRUE(actual.v_far[l].equal(expected.v_far[l]));
    EXPECT_TRUE(actual.far_mass[l].equal(expected.far_mass[l]));
  }
}

// A key or mass that is not finite has no distances: its cell and head are one cluster, in the reference too.
void expect_one_cluster(const ClusterCase& clean, bool in_mass, float defect) {
  ClusterCase c = clean;
  Tensor& changed = in_mass ? c.mass : c.k;
  changed = changed.clone();
  const Tensor entry = in_mass ? changed[0][4][1][0] : changed[0][4][1][0][2];
  entry.fill_(defect);
  const ClusterResult result = cluster(c), before = cluster(clean);
  const int64_t y = 4 / c.cell, x = 1 / c.cell;
  for (size_t l = 0; l < result.k_far.size(); ++l) {
    const Tensor masses = result.far_mass[l][0][y >> l][x >> l].select(1, 0);
    EXPECT_EQ(std::isfinite(masses[0].item<double>()), !in_mass);
    EXPECT_TRUE(masses.slice(0, 1).eq(-std::numeric_limits<double>::infinity()).all().item<bool>()) << masses;
    EXPECT_FALSE(result.k_far[l][0][y >> l][x >> l][0][0].isfinite().all().item<bool>());
    for (int64_t head = 1; head < c.k.size(3); ++head) {
      EXPECT_TRUE(result.k_far[l].select(4, head).equal(before.k_far[l].select(4, head)));
    }
  }
  Tensor elsewhere = torch::ones(result.far_mass[0].sizes().slice(0, 3), torch::kBool);
  elsewhere[0][y][x] = false;
  EXPECT_TRUE(result.k_far[0].index({elsewhere}).equal(before.k_far[0].index({elsewhere})));
}

TEST(Cluster2dKernels, WhatIsNotFiniteMakesOneClusterOfItsCell) {
  ClusterCase c = {
      torch::randn({2, 9, 11, 2, 5}), torch::randn({2, 9, 11, 2, 5}), torch::rand({2, 9, 11, 2}) + 0.1, 3, 4, 2};
  for (const float defect : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    for (const bool in_mass : {false, true}) {
      for_each_instruction_set([&] { expect_one_cluster(c, in_mass, defect); });
      const ForcedBackend reference(Backend::reference);
      expect_one_cluster(c, in_mass, defect);
    }
  }
}

}  // namespace
}  // namespace multipole::test
