// Finite differences in float64 through the whole path that a module takes: summaries, attention, both outputs.
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/gradcheck.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

// out and lse in one tensor.
Tensor both_outputs(const OracleResult& result) {
  return torch::cat({result.out, result.lse.permute({0, 2, 3, 1}).unsqueeze(-1)}, -1);
}

TEST(Attention2dGrad, AllArguments) {
  for (int i = 0; i < 6; ++i) {
    const CaseShape shape = random_shape(16);
    SCOPED_TRACE(describe(shape));
    const OracleArgs2d args = random_args(shape, torch::kFloat64);
    // a single query whose only key is itself has a constant output: some gradients are rightly zero then
    GradcheckOptions options;
    options.require_nonzero = shape.height * shape.width > 1;
    const auto function = [&](const std::vector<Tensor>& tensors) {
      return both_outputs(run_op(with_tensors(args, tensors)));
    };
    EXPECT_EQ(gradcheck(function, tensors_of(args), options), "");
  }
}

TEST(Attention2dGrad, ThroughTheSummaries) {
  for (const bool linear : {false, true}) {
    const CaseShape shape = {1, random_int(9, 20), random_int(9, 20), 2, 3, 2, 4, linear, false};
    SCOPED_TRACE(describe(shape));
    const Bases bases = random_bases(shape, torch::kFloat64);
    std::vector<Tensor> inputs = {torch::randn({1, shape.height, shape.width, 2, 3}, torch::kFloat64),
                                  torch::randn({1, shape.height, shape.width, 2, 3}, torch::kFloat64),
                                  torch::randn({1, shape.height, shape.width, 2, 3}, torch::kFloat64),
                                  bases.token_basis};
    inputs.insert(inputs.end(), bases.merge_basis.begin(), bases.merge_basis.end());
    const auto function = [&](const std::vector<Tensor>& tensors) {
      const Bases own = {tensors[3], {tensors.begin() + 4, tensors.end()}};
      const auto far = [&](const Tensor& x) { return summarize_tokens(x, own, shape.cell, shape.levels()); };
      OracleArgs2d args = {tensors[0], tensors[1], tensors[2], far(tensors[1]), far(tensors[2]), {}, {}, {}, 2, {}};
      if (linear) args.q_far = far(tensors[0]);
      return both_outputs(run_op(args));
    };
    EXPECT_EQ(gradcheck(function, inputs), "");
  }
}

TEST(Attention2dGrad, OfTheLogSumExpAlone) {
  const CaseShape shape = {1, 11, 7, 1, 4, 2, 1, true, true};
  const OracleArgs2d args = random_args(shape, torch::kFloat64);
  GradcheckOptions options;
  options.require_nonzero = false;  // values do not enter
  const auto function = [&](const std::vector<Tensor>& tensors) { return run_op(with_tensors(args, tensors)).lse; };
  EXPECT_EQ(gradcheck(function, tensors_of(args), options), "");
}

TEST(Attention2dGrad, SecondDerivativeIsRefused) {
  OracleArgs2d args = random_args({1, 4, 4, 1, 2, 2, 1, false, false}, torch::kFloat64);
  args.q.requires_grad_();
  const Tensor out = run_op(args).out.sum();
  try {
    torch::autograd::grad({out}, {args.q}, {}, std::nullopt, /*create_graph=*/true);
    FAIL() << "no error";
  } catch (const c10::Error& error) {
    EXPECT_NE(std::string(error.what()).find("no second derivative"), std::string::npos) << error.what();
  }
}

TEST(Attention2dGrad, OnlyWhereAsked) {
  OracleArgs2d args = random_args({1, 9, 9, 1, 2, 2, 1, true, true}, torch::kFloat32);
  EXPECT_FALSE(run_op(args).out.requires_grad());
  args.far_bias.back().requires_grad_();
  run_op(args).out.sum().backward();
  EXPECT_TRUE(args.far_bias.back().grad().defined());
  EXPECT_FALSE(args.q.grad().defined());
}

}  // namespace
}  // namespace multipole::test
