// Scores far from zero, in lists longer than the kernels hold at a time: a softmax knows only differences of scores.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <vector>

#include "backbone/multipole/op.h"
#include "tests/backbone/multipole/each_instruction_set.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

// Cells of 8 and many extra keys: some 900 keys a query.
CaseShape long_lists(bool linear) {
  return {1, 24 + random_int(0, 7), 24, 1, 16 * random_int(1, 4), 8, 4, linear, true, random_int(200, 400)};
}

void expect_as_exact(const OracleArgs2d& args) {
  const Tensor d_out = torch::randn(args.q.sizes(), torch::kFloat64).to(args.q.scalar_type());
  const Tensor d_lse = torch::randn({args.q.size(0), args.q.size(3), args.q.size(1), args.q.size(2)}, torch::kFloat64);
  const OpResults exact = run_with_grads(oracle_attention2d, to_dtype(args, torch::kFloat64), d_out, d_lse);
  const OpResults plain = run_with_grads(oracle_attention2d, args, d_out, d_lse);
  const double rounding = args.q.scalar_type() == torch::kBFloat16 ? 1.0 / 256 : 1e-4;
  const auto expect = [&](const Tensor& actual, const Tensor& low, const Tensor& wanted) {
    EXPECT_LE(relative_error(actual, wanted), allowed_error(relative_error(low, wanted), rounding));
  };
  for_each_instruction_set([&] {
    const OpResults actual = run_with_grads(run_op, args, d_out, d_lse);
    expect(actual.out, plain.out, exact.out);
    expect(actual.lse, plain.lse, exact.lse);
    for (size_t i = 0; i < exact.grads.size(); ++i) {
      SCOPED_TRACE(testing::Message() << "gradient " << i);
      expect(actual.grads[i], plain.grads[i], exact.grads[i]);
    }
  });
}

// Weights before the largest is taken off reach from 2^-500 to 2^500.
TEST(ScoreRanges, OfBothSigns) {
  for (const bool linear : {false, true}) {
    for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
      const CaseShape shape = long_lists(linear);
      SCOPED_TRACE(describe(shape));
      OracleArgs2d args = random_args(shape, dtype);
      args.q = args.q * 40;
      expect_as_exact(args);
    }
  }
}

// All near scores lie at one distance, below what float32 holds as a weight or above; the last extra keys outweigh all.
TEST(ScoreRanges, OfOneSign) {
  for (const double shift : {-300.0, 300.0}) {
    for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
      const CaseShape shape = long_lists(false);
      SCOPED_TRACE(testing::Message() << describe(shape) << ", shift " << shift);
      OracleArgs2d args = random_args(shape, dtype);
      args.near_bias = args.near_bias + shift;
      for (Tensor& bias : args.far_bias) bias = bias + shift;
      args.k_extra = args.k_extra.clone();
      args.k_extra.narrow(1, shape.extra - 3, 3).mul_(60);
      expect_as_exact(args);
    }
  }
}

// What a mask hides changes nothing, whatever is there.
TEST(ScoreRanges, OfMaskedTokensInBfloat16) {
  for (const int64_t cell : {3, 4, 8}) {
    CaseShape shape = {2, random_int(9, 30), random_int(9, 30), 2, 8 * random_int(1, 5), cell, 1, false, true};
    shape.token_mass = true;
    SCOPED_TRACE(describe(shape));
    OracleArgs2d args = random_args(shape, torch::kBFloat16);
    const Tensor masked = (args.token_mass == 0).unsqueeze(-1).unsqueeze(-1);
    for_each_instruction_set([&] {
      OracleArgs2d poisoned = args;
      poisoned.k = args.k.masked_fill(masked, std::nan(""));
      poisoned.v = args.v.masked_fill(masked, INFINITY);
      const OracleResult expected = run_op(args), actual = run_op(poisoned);
      EXPECT_TRUE(actual.out.equal(expected.out));
      EXPECT_TRUE(actual.lse.equal(expected.lse));
    });
  }
}

}  // namespace
}  // namespace multipole::test
