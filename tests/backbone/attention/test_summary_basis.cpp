#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "backbone/attention/summary_basis.h"
#include "backbone/multipole/quadtree.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

// A module whose parameters are those of one basis, with noise added to the means.
struct Owner : torch::nn::Module {
  void disturb() {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : parameters()) parameter.add_(torch::randn_like(parameter) * 0.3);
  }
};

TEST(SummaryBasisTest, EveryOneStartsAsMeansAtEveryLevelOfARaggedGrid) {
  for (const auto& name : summary_basis_names()) {
    for (int i = 0; i < 6; ++i) {
      const int64_t cell = test::random_int(2, 5), rank = test::random_int(0, 1) == 0 ? 1 : 4;
      const int64_t height = test::random_int(1, 40), width = test::random_int(1, 40);
      const int64_t levels = num_far_levels_2d(height, width, cell);
      if (levels == 0) continue;
      SCOPED_TRACE(testing::Message() << name << ", cell " << cell << ", rank " << rank << ", " << height << " x "
                                      << width);
      Owner owner;
      // parameters for some of the levels only: the others are means too
      const auto basis = make_summary_basis(name, {cell, rank, test::random_int(0, levels), 3}, owner);
      const auto row = torch::arange(height, torch::kFloat).view({1, height, 1, 1}).expand({1, height, width, 3});
      const auto summaries = basis->summarize(row.contiguous(), {}, levels);
      ASSERT_EQ(static_cast<int64_t>(summaries.size()), levels);
      for (int64_t level = 1; level <= levels; ++level) {
        const auto& summary = summaries[static_cast<size_t>(level - 1)];
        const int64_t s = subcells_per_side(rank);
        ASSERT_EQ(summary.size(1), level_cells(level, height, cell));
        ASSERT_EQ(summary.size(3), rank);
        for (int64_t g = 0; g < summary.size(1) * s; ++g) {
          const int64_t mass = subcell_mass(g, level, cell, s, height);
          if (mass == 0) continue;
          const double first = static_cast<double>(subcell_tokens(g, level, cell, s).begin);
          const double mean = first + static_cast<double>(mass - 1) / 2;
          EXPECT_NEAR(summary[0][g / s][0][g % s * s][1].item<double>(), mean, 1e-4 * (1 + mean)) << level << " " << g;
        }
      }
    }
  }
}

TEST(SummaryBasisTest, DirectWeighsEveryTokenAtEveryLevel) {
  torch::manual_seed(test::test_seed());
  const int64_t cell = 2, rank = 4, levels = 3, channels = 5;
  Owner owner;
  const auto basis = make_summary_basis("direct", {cell, rank, levels, channels}, owner);
  owner.disturb();
  const auto x = torch::randn({2, 16, 32, channels});
  const auto summaries = basis->summarize(x, {}, levels);
  for (int64_t level = 1; level <= levels; ++level) {
    const int64_t side = level_side(level, cell);
    const auto weights = owner.named_parameters()["basis_" + std::to_string(level)];
    const auto cells = x.view({2, 16 / side, side, 32 / side, side, channels});
    const auto expected = torch::einsum("byixjc,pijc->byxpc", {cells, weights});
    EXPECT_TRUE(torch::allclose(summaries[static_cast<size_t>(level - 1)], expected, 1e-4, 1e-5)) << level;
  }
}

TEST(SummaryBasisTest, GradientsReachEveryParameter) {
  for (const auto& name : summary_basis_names()) {
    Owner owner;
    const auto basis = make_summary_basis(name, {3, 4, 2, 8}, owner);
    torch::Tensor sum = torch::zeros({});
    for (const auto& summary : basis->summarize(torch::randn({1, 23, 20, 8}), {}, 2))
      sum = sum + summary.square().sum();
    sum.backward();
    EXPECT_EQ(owner.parameters().size(), 2u) << name;
    for (const auto& parameter : owner.named_parameters()) {
      EXPECT_GT(parameter->grad().abs().sum().item<double>(), 0) << name << " " << parameter.key();
    }
  }
}

}  // namespace
}  // namespace multipole
