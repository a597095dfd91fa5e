// Random configurations against the dense definition: output, log-sum-exp and the gradients of both.
#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

// Compares a backend's results in one dtype with the oracle's in float64.
void compare_with_oracle(const CaseShape& shape, torch::ScalarType dtype, double forward_tolerance,
                         double gradient_tolerance) {
  const OracleArgs2d args = random_args(shape, dtype), exact = to_dtype(args, torch::kFloat64);
  const Tensor d_out = torch::randn_like(exact.q);
  const Tensor d_lse = torch::randn({shape.batch, shape.heads, shape.height, shape.width}, torch::kFloat64);
  const OpResults expected = run_with_grads(oracle_attention2d, exact, d_out, d_lse);
  for (const Backend backend : runnable_backends(args)) {
    SCOPED_TRACE(describe(shape) + ", " + c10::toString(dtype) + ", " + backend_name(backend));
    const ForcedBackend forced(backend);
    const OpResults actual = run_with_grads(run_op, args, d_out, d_lse);
    EXPECT_EQ(actual.out.scalar_type(), dtype);
    EXPECT_LE(relative_error(actual.out, expected.out), forward_tolerance);
    EXPECT_LE(relative_error(actual.lse, expected.lse), forward_tolerance);
    ASSERT_EQ(actual.grads.size(), expected.grads.size());
    for (size_t i = 0; i < expected.grads.size(); ++i) {
      EXPECT_EQ(actual.grads[i].sizes(), expected.grads[i].sizes());
      EXPECT_LE(relative_error(actual.grads[i], expected.grads[i]), gradient_tolerance) << "gradient " << i;
    }
  }
}

TEST(Attention2dOracle, Float64) {
  for (int i = 0; i < 25; ++i) compare_with_oracle(random_shape(28), torch::kFloat64, 1e-11, 1e-10);
}

TEST(Attention2dOracle, Float32) {
  for (int i = 0; i < 25; ++i) compare_with_oracle(random_shape(28), torch::kFloat32, 1e-5, 1e-4);
}

// Cell 4 with heads of 32 is what models use and what fused kernels are tuned for.
TEST(Attention2dOracle, UsualModelShapes) {
  for (const bool linear : {false, true}) {
    for (const bool biased : {false, true}) {
      for (const int64_t rank : {1, 4}) {
        const CaseShape shape = {2, 16, 16, 2, 32, 4, rank, linear, biased};
        compare_with_oracle(shape, torch::kFloat32, 1e-5, 1e-4);
      }
    }
  }
}

// bfloat16 keeps 8 bits and float16 11: what is left is the rounding of inputs' products, outputs and gradients.
TEST(Attention2dOracle, HalfTypes) {
  for (int i = 0; i < 6; ++i) {
    compare_with_oracle(random_shape(20), torch::kBFloat16, 0.02, 0.04);
    compare_with_oracle(random_shape(20), torch::kFloat16, 0.003, 0.006);
  }
}

TEST(Attention2dOracle, ExtraKeysAndMasses) {
  for (int i = 0; i < 25; ++i) {
    compare_with_oracle(with_masses(random_shape(28)), torch::kFloat64, 1e-11, 1e-10);
    compare_with_oracle(with_masses(random_shape(28)), torch::kFloat32, 1e-5, 1e-4);
  }
  for (int i = 0; i < 6; ++i) {
    compare_with_oracle(with_masses(random_shape(20)), torch::kBFloat16, 0.02, 0.04);
    compare_with_oracle(with_masses(random_shape(20)), torch::kFloat16, 0.003, 0.006);
  }
}

TEST(Attention2dOracle, ThinGrids) {
  for (const bool linear : {false, true}) {
    for (int i = 0; i < 3; ++i) {
      const int64_t length = random_int(1, 300), cell = random_int(2, 6);
      compare_with_oracle({1, 1, length, 2, 4, cell, 4, linear, true}, torch::kFloat64, 1e-11, 1e-10);
      compare_with_oracle({1, length, 1, 2, 4, cell, 4, linear, true}, torch::kFloat64, 1e-11, 1e-10);
    }
  }
}

TEST(Attention2dOracle, ScaleIsAnArgument) {
  OracleArgs2d args = random_args({1, 9, 13, 2, 6, 2, 4, false, true}, torch::kFloat64);
  args.scale = 0.7;
  EXPECT_LE(relative_error(run_op(args).out, oracle_attention2d(args).out), 1e-11);
}

// Scores far beyond exp's range must neither overflow nor lose their keys.
TEST(Attention2dOracle, LargeScores) {
  for (const bool linear : {false, true}) {
    OracleArgs2d args = random_args({1, 14, 14, 2, 8, 2, 1, linear, false}, torch::kFloat32);
    args.scale = 100;
    const Tensor d_out = torch::randn_like(args.q);
    for (const Backend backend : runnable_backends(args)) {
      SCOPED_TRACE(backend_name(backend));
      const ForcedBackend forced(backend);
      const OpResults actual = run_with_grads(run_op, args, d_out, torch::zeros({1, 2, 14, 14}));
      EXPECT_LE(relative_error(actual.out, oracle_attention2d(to_dtype(args, torch::kFloat64)).out), 1e-3);
      for (const Tensor& grad : actual.grads) EXPECT_TRUE(grad.isfinite().all().item<bool>());
    }
  }
}

}  // namespace
}  // namespace multipole::test
