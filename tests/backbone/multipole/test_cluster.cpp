// Clustered summaries: the rules as plain loops, the laws, and gradients.
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <cmath>
#include <limits>
#include <vector>

#include "backbone/multipole/op.h"
#include "backbone/multipole/quadtree.h"
#include "tests/backbone/multipole/cluster_cases.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/gradcheck.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

Tensor all_of(const ClusterResult& result) {
  std::vector<Tensor> flat;
  for (const auto* list : {&result.k_far, &result.v_far, &result.far_mass}) {
    for (const Tensor& level : *list) flat.push_back(level.flatten());
  }
  return torch::cat(flat);
}

// One image and head.
void expect_loops(const ClusterCase& c, const ClusterResult& result, int64_t b, int64_t h) {
  std::vector<std::vector<ClusterPoint>> below;
  for (int64_t level = 1; level <= c.levels; ++level) {
    std::vector<std::vector<ClusterPoint>> own;
    for (auto& points : points_by_cell(c, level, b, h, below)) {
      own.push_back(cluster_by_loops(points, c.rank, c.steps, static_cast<size_t>(c.k.size(4))).clusters);
    }
    below = own;
    const auto l = static_cast<size_t>(level - 1);
    const int64_t columns = result.far_mass[l].size(2);
    for (size_t cell = 0; cell < own.size(); ++cell) {
      for (int64_t p = 0; p < c.rank; ++p) {
        const ClusterPoint& expected = own[cell][static_cast<size_t>(p)];
        const int64_t y = static_cast<int64_t>(cell) / columns, x = static_cast<int64_t>(cell) % columns;
        const auto at = [&](const Tensor& far) { return far[b][y][x][p][h]; };
        SCOPED_TRACE(c10::str("level ", level, " cell ", cell, " cluster ", p));
        EXPECT_LE(squared_distance(numbers(at(result.k_far[l])), expected.k), 1e-18);
        EXPECT_LE(squared_distance(numbers(at(result.v_far[l])), expected.v), 1e-18);
        EXPECT_NEAR(at(result.far_mass[l]).exp().item<double>(), expected.mass, 1e-9);
      }
    }
  }
}

TEST(Cluster2d, EqualsPlainLoops) {
  for (int i = 0; i < 12; ++i) {
    ClusterCase c = random_cluster_case(torch::kFloat64);
    c.steps = random_int(0, 5);
    SCOPED_TRACE(describe(c));
    const ClusterResult result = cluster(c);
    expect_loops(c, result, random_int(0, c.k.size(0) - 1), random_int(0, c.k.size(3) - 1));
  }
}

TEST(Cluster2d, EachLevelHasTheMassOfItsTokens) {
  for (int i = 0; i < 10; ++i) {
    const ClusterCase c = random_cluster_case(torch::kFloat64, 40);
    SCOPED_TRACE(describe(c));
    const ClusterResult result = cluster(c);
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
      ClusterCase c = random_cluster_case(dtype);
      c.rank = 4;
      SCOPED_TRACE(describe(c));
      const Tensor distinct = torch::randn({random_int(1, 4), c.k.size(4)}, dtype);
      c.k = distinct.index_select(0, torch::randint(0, distinct.size(0), {c.mass.numel()})).view(c.k.sizes());
      c.steps = random_int(1, 4);
      const ClusterResult result = cluster(c);
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
    const ClusterCase c = random_cluster_case(torch::kFloat32);
    const auto with_grads = [&](double value) {
      std::vector<Tensor> leaves = {c.k, c.v, c.mass};
      const Tensor masked = c.mass.eq(0).unsqueeze(4);
      for (int side = 0; side < 2; ++side) leaves[side] = leaves[side].masked_fill(masked, value);
      for (Tensor& leaf : leaves) leaf = leaf.detach().clone().requires_grad_();
      ClusterCase own = c;
      own.k = leaves[0];
      own.v = leaves[1];
      own.mass = leaves[2];
      const Tensor all = all_of(cluster(own));
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
  ClusterCase c = random_cluster_case(torch::kFloat32);
  c.mass = Tensor();
  const Tensor expected = all_of(cluster(c));
  c.mass = torch::ones({c.k.size(0), c.k.size(1), c.k.size(2)});
  EXPECT_TRUE(all_of(cluster(c)).equal(expected));
}

TEST(Cluster2d, ImagesAndHeadsAreIndependent) {
  for (int i = 0; i < 5; ++i) {
    const ClusterCase c = random_cluster_case(torch::kFloat32);
    const Tensor images = torch::randperm(c.k.size(0)), heads = torch::randperm(c.k.size(3));
    ClusterCase moved = c;
    for (Tensor* x : {&moved.k, &moved.v, &moved.mass}) *x = x->index_select(0, images).index_select(3, heads);
    const ClusterResult expected = cluster(c), actual = cluster(moved);
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
    ClusterCase c = random_cluster_case(torch::kFloat64, 12);
    SCOPED_TRACE(describe(c));
    c.mass = torch::rand_like(c.mass) * 0.8 + 0.2;
    if (i % 2 == 0) c.mass = c.mass.select(3, 0).contiguous();
    const auto function = [&](const std::vector<Tensor>& tensors) {
      ClusterCase own = c;
      own.k = tensors[0];
      own.v = tensors[1];
      own.mass = tensors[2];
      const Tensor all = all_of(cluster(own));
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
