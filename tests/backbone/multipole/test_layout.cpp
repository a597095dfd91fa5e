// Memory layouts, devices without data and autocast: the same results whatever way the tensors come.
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include "backbone/multipole/op.h"
#include "tests/backbone/multipole/op_cases.h"

namespace multipole::test {
namespace {

using torch::Tensor;

constexpr CaseShape kShape = {2, 13, 9, 2, 8, 2, 4, true, true};

// q, k and v as views of one projection (B, H, W, 3, heads, head_dim), as models pass them.
OracleArgs2d packed(const OracleArgs2d& args) {
  const Tensor qkv = torch::stack({args.q, args.k, args.v}, 3);
  OracleArgs2d result = args;
  result.q = qkv.select(3, 0);
  result.k = qkv.select(3, 1);
  result.v = qkv.select(3, 2);
  return result;
}

// Every tensor with its last dimension scattered in memory.
OracleArgs2d scattered(const OracleArgs2d& args) {
  std::vector<Tensor> tensors = tensors_of(args);
  for (Tensor& tensor : tensors) tensor = tensor.transpose(0, -1).contiguous().transpose(0, -1);
  return with_tensors(args, tensors);
}

void expect_same(const OracleArgs2d& args, const OracleArgs2d& other) {
  const Tensor d_out = torch::randn_like(args.q), d_lse = torch::randn({2, 2, 13, 9});
  for (const Backend backend : runnable_backends(args)) {
    SCOPED_TRACE(backend_name(backend));
    const ForcedBackend forced(backend);
    const OpResults expected = run_with_grads(run_op, args, d_out, d_lse);
    const OpResults actual = run_with_grads(run_op, other, d_out, d_lse);
    EXPECT_LE(relative_error(actual.out, expected.out), 1e-6);
    EXPECT_TRUE(actual.out.is_contiguous());
    for (size_t i = 0; i < expected.grads.size(); ++i) {
      EXPECT_LE(relative_error(actual.grads[i], expected.grads[i]), 1e-5) << "gradient " << i;
    }
  }
}

TEST(Layout, PackedProjectionNeedsNoCopy) {
  const OracleArgs2d args = random_args(kShape, torch::kFloat32);
  ASSERT_FALSE(packed(args).q.is_contiguous());
  expect_same(args, packed(args));
}

TEST(Layout, AnyStridesGiveTheSameResult) {
  const OracleArgs2d args = random_args(kShape, torch::kFloat32);
  ASSERT_NE(scattered(args).q.stride(-1), 1);
  expect_same(args, scattered(args));
}

TEST(Layout, ExpandedGradients) {
  OracleArgs2d args = random_args(kShape, torch::kFloat32);
  for (const Backend backend : runnable_backends(args)) {
    SCOPED_TRACE(backend_name(backend));
    const ForcedBackend forced(backend);
    const OpResults expected = run_with_grads(run_op, args, torch::ones_like(args.q), torch::ones({2, 2, 13, 9}));
    const OpResults actual =
        run_with_grads(run_op, args, torch::ones({1}).expand_as(args.q), torch::ones({1}).expand({2, 2, 13, 9}));
    for (size_t i = 0; i < expected.grads.size(); ++i) {
      EXPECT_LE(relative_error(actual.grads[i], expected.grads[i]), 1e-6) << "gradient " << i;
    }
  }
}

TEST(Meta, AttentionShapes) {
  for (int i = 0; i < 10; ++i) {
    const CaseShape shape = random_shape(70);
    SCOPED_TRACE(describe(shape));
    const OracleArgs2d args = random_args(shape, torch::kBFloat16);
    std::vector<Tensor> tensors = tensors_of(args);
    for (Tensor& tensor : tensors) tensor = tensor.to(torch::kMeta).requires_grad_();
    const OracleResult result = run_op(with_tensors(args, tensors));
    EXPECT_EQ(result.out.sizes(), args.q.sizes());
    EXPECT_EQ(result.out.scalar_type(), torch::kBFloat16);
    EXPECT_EQ(result.lse.sizes(), (std::vector<int64_t>{shape.batch, shape.heads, shape.height, shape.width}));
    EXPECT_EQ(result.lse.scalar_type(), torch::kFloat32);
    for (const Tensor& grad : torch::autograd::grad({result.out.sum()}, tensors)) EXPECT_TRUE(grad.is_meta());
  }
}

TEST(Meta, SummaryShapesAreThoseOfTheKernel) {
  for (int i = 0; i < 10; ++i) {
    const CaseShape shape = random_shape(70);
    SCOPED_TRACE(describe(shape));
    const Bases bases = random_bases(shape, torch::kFloat32);
    const Tensor x = torch::randn({shape.batch, shape.height, shape.width, shape.heads * shape.head_dim});
    Bases meta = {bases.token_basis.to(torch::kMeta), {}};
    for (const Tensor& merge : bases.merge_basis) meta.merge_basis.push_back(merge.to(torch::kMeta));
    const auto actual = summarize2d(x.to(torch::kMeta), meta.token_basis, meta.merge_basis, shape.cell);
    const auto expected = summarize2d(x, bases.token_basis, bases.merge_basis, shape.cell);
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t level = 0; level < expected.size(); ++level) EXPECT_EQ(actual[level].sizes(), expected[level].sizes());
  }
}

TEST(Meta, Attention1dShapes) {
  const auto meta = torch::TensorOptions(torch::kMeta);
  const Tensor x = torch::empty({2, 32, 3, 4}, meta), basis = torch::empty({2, 4, 12}, meta);
  const auto far = summarize1d(x.flatten(2), {basis, torch::empty({2, 8, 12}, meta)}, 4);
  EXPECT_EQ(far[1].sizes(), (std::vector<int64_t>{2, 4, 2, 12}));
  std::vector<Tensor> heads;
  for (const Tensor& level : far) heads.push_back(level.unflatten(3, {3, 4}));
  const auto [out, lse] = attention1d(x, x, x, heads, heads, 4, true);
  EXPECT_EQ(out.sizes(), x.sizes());
  EXPECT_EQ(lse.sizes(), (std::vector<int64_t>{2, 3, 32}));
}

// Autocast on the CPU while it lives.
class Autocast {
 public:
  explicit Autocast(torch::ScalarType dtype) {
    at::autocast::set_autocast_dtype(at::kCPU, dtype);
    at::autocast::set_autocast_enabled(at::kCPU, true);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;
  ~Autocast() {
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::clear_cache();
  }
};

TEST(Autocast, CastsAllTensorsToItsDtype) {
  const OracleArgs2d args = random_args(kShape, torch::kFloat32);
  OracleArgs2d mixed = args;
  mixed.q = args.q.to(torch::kBFloat16);  // as a linear layer under autocast returns it
  mixed.near_bias = args.near_bias.detach().clone().requires_grad_();
  const OracleResult expected = run_op(to_dtype(args, torch::kBFloat16));
  const Autocast autocast(torch::kBFloat16);
  const OracleResult actual = run_op(mixed);
  EXPECT_EQ(actual.out.scalar_type(), torch::kBFloat16);
  EXPECT_EQ(actual.lse.scalar_type(), torch::kFloat32);
  EXPECT_LE(relative_error(actual.out.detach(), expected.out), 1e-6);
  actual.out.sum().backward();
  EXPECT_EQ(mixed.near_bias.grad().scalar_type(), torch::kFloat32) << "gradients come back in the parameter's dtype";
}

TEST(Autocast, Summaries) {
  const Bases bases = random_bases(kShape, torch::kFloat32);
  const Tensor x = torch::randn({2, 13, 9, 16});
  const Autocast autocast(torch::kBFloat16);
  for (const Tensor& level : summarize2d(x, bases.token_basis, bases.merge_basis, kShape.cell)) {
    EXPECT_EQ(level.scalar_type(), torch::kBFloat16);
  }
}

}  // namespace
}  // namespace multipole::test
