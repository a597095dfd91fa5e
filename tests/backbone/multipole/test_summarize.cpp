// The upward passes against the dense definition, by finite differences, and with the averaging basis.
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include "backbone/multipole/basis.h"
#include "backbone/multipole/op.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/gradcheck.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

Tensor flatten_all(const std::vector<Tensor>& levels) {
  std::vector<Tensor> flat;
  for (const Tensor& level : levels) flat.push_back(level.flatten());
  return torch::cat(flat);
}

TEST(Summarize2d, EqualsTheDefinition) {
  for (int i = 0; i < 25; ++i) {
    const CaseShape shape = random_shape(70);
    SCOPED_TRACE(describe(shape));
    const Bases bases = random_bases(shape, torch::kFloat64);
    const Tensor x =
        torch::randn({shape.batch, shape.height, shape.width, shape.heads * shape.head_dim}, torch::kFloat64);
    const auto actual = summarize2d(x, bases.token_basis, bases.merge_basis, shape.cell);
    const auto expected = oracle_summarize2d(x, bases.token_basis, bases.merge_basis, shape.cell);
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t level = 0; level < expected.size(); ++level) {
      EXPECT_EQ(actual[level].sizes(), expected[level].sizes());
      EXPECT_LE(relative_error(actual[level], expected[level]), 1e-11);
    }
  }
}

// float32 is what fused kernels take: values and gradients of the fastest backend and of the reference.
TEST(Summarize2d, BackendsEqualTheDefinition) {
  for (int i = 0; i < 12; ++i) {
    const CaseShape shape = random_shape(40);
    const Bases bases = random_bases(shape, torch::kFloat64);
    std::vector<Tensor> exact = {
        torch::randn({shape.batch, shape.height, shape.width, shape.heads * shape.head_dim}, torch::kFloat64),
        bases.token_basis};
    exact.insert(exact.end(), bases.merge_basis.begin(), bases.merge_basis.end());
    std::vector<Tensor> single;
    for (Tensor& tensor : exact) {
      single.push_back(tensor.to(torch::kFloat32).requires_grad_());
      tensor.requires_grad_();
    }
    const Tensor expected =
        flatten_all(oracle_summarize2d(exact[0], exact[1], {exact.begin() + 2, exact.end()}, shape.cell));
    const Tensor weights = torch::randn_like(expected);
    const auto expected_grads = torch::autograd::grad({expected}, exact, {weights});
    for (const char* backend : {"auto", "reference"}) {
      SCOPED_TRACE(describe(shape) + ", " + backend);
      const ForcedBackend forced{std::string(backend)};
      const Tensor actual = flatten_all(summarize2d(single[0], single[1], at::TensorList(single).slice(2), shape.cell));
      EXPECT_LE(relative_error(actual.detach(), expected.detach()), 1e-5);
      const auto grads = torch::autograd::grad({actual}, single, {weights.to(torch::kFloat32)});
      for (size_t j = 0; j < grads.size(); ++j) EXPECT_LE(relative_error(grads[j], expected_grads[j]), 1e-4) << j;
    }
  }
}

TEST(Summarize2d, Gradients) {
  for (int i = 0; i < 4; ++i) {
    const CaseShape shape = random_shape(24);
    SCOPED_TRACE(describe(shape));
    const Bases bases = random_bases(shape, torch::kFloat64);
    std::vector<Tensor> inputs = {
        torch::randn({shape.batch, shape.height, shape.width, shape.heads * shape.head_dim}, torch::kFloat64),
        bases.token_basis};
    inputs.insert(inputs.end(), bases.merge_basis.begin(), bases.merge_basis.end());
    const auto function = [&](const std::vector<Tensor>& tensors) {
      return flatten_all(summarize2d(tensors[0], tensors[1], at::TensorList(tensors).slice(2), shape.cell));
    };
    EXPECT_EQ(gradcheck(function, inputs), "");
  }
}

// A loss that reads one level only: the bases of coarser levels get zeros and the others what that level needs.
TEST(Summarize2d, GradientOfOneLevel) {
  const CaseShape shape = {1, 20, 20, 1, 2, 2, 1, false, false};
  Bases bases = random_bases(shape, torch::kFloat32);
  ASSERT_EQ(bases.merge_basis.size(), 2U);
  for (Tensor& merge : bases.merge_basis) merge.requires_grad_();
  summarize2d(torch::randn({1, 20, 20, 2}), bases.token_basis, bases.merge_basis, 2)[1].sum().backward();
  EXPECT_TRUE(bases.merge_basis[0].grad().ne(0).all().item<bool>());
  EXPECT_TRUE(bases.merge_basis[1].grad().eq(0).all().item<bool>());
}

// With the averaging basis a summary is the mean of the real tokens of its sub-cell, at every level.
TEST(AveragingBasis, SummariesAreMeans) {
  for (int i = 0; i < 10; ++i) {
    const CaseShape shape = random_shape(60);
    SCOPED_TRACE(describe(shape));
    const int64_t levels = std::max<int64_t>(1, shape.levels()), side = std::lround(std::sqrt(double(shape.rank)));
    const Basis2d basis = averaging_basis2d(shape.cell, shape.rank, levels, 2, torch::kFloat64);
    const Tensor x = torch::randn({1, shape.height, shape.width, 2}, torch::kFloat64);
    const auto summaries = summarize2d(x, basis.token_basis, basis.merge_basis, shape.cell);
    const std::vector<int64_t> bounds = oracle_subcell_bounds(shape.cell, side);
    for (int64_t level = 1; level <= levels; ++level) {
      const Tensor& own = summaries[level - 1];
      const int64_t cell_y = random_int(0, own.size(1) - 1), cell_x = random_int(0, own.size(2) - 1);
      const int64_t summary = random_int(0, shape.rank - 1);
      // a token boundary of the level-1 sub-cells, counted over the axis
      const auto boundary = [&](int64_t g) { return g / side * shape.cell + bounds[g % side]; };
      const int64_t y = (cell_y * side + summary / side) << (level - 1);
      const int64_t x0 = (cell_x * side + summary % side) << (level - 1);
      const Tensor tokens = x.slice(1, boundary(y), boundary(y + (int64_t{1} << (level - 1))))
                                .slice(2, boundary(x0), boundary(x0 + (int64_t{1} << (level - 1))));
      const Tensor expected =
          tokens.numel() > 0 ? tokens.mean(at::IntArrayRef{0, 1, 2}) : torch::zeros({2}, torch::kFloat64);
      EXPECT_LE((own[0][cell_y][cell_x][summary] - expected).abs().max().item<double>(), 1e-12) << "level " << level;
    }
  }
}

TEST(AveragingBasis, RefusesRanksThatDoNotFit) {
  EXPECT_THROW(averaging_basis2d(4, 3, 1, 1), c10::Error);
  EXPECT_THROW(averaging_basis2d(1, 4, 1, 1), c10::Error);
  EXPECT_THROW(averaging_basis2d(4, 4, -1, 1), c10::Error);
}

TEST(Summarize1d, GradientsAndShapes) {
  const int64_t group = random_int(1, 5), rank = random_int(1, 4);
  std::vector<Tensor> inputs = {torch::randn({2, group * 8, 3}, torch::kFloat64)};
  for (int64_t level = 0; level < 2; ++level) {
    inputs.push_back(torch::randn({rank, group << level, 3}, torch::kFloat64));
  }
  const auto function = [&](const std::vector<Tensor>& tensors) {
    const auto levels = summarize1d(tensors[0], at::TensorList(tensors).slice(1), group);
    EXPECT_EQ(levels[1].sizes(), (std::vector<int64_t>{2, 4, rank, 3}));
    return flatten_all(levels);
  };
  EXPECT_EQ(gradcheck(function, inputs), "");
}

}  // namespace
}  // namespace multipole::test
