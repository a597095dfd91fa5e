// The CUDA kernels of the 2D attention, run on the host lane by lane, against the dense definition: forward and
// backward, all element types, both variants, ragged grids, bias tables.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>
#include <set>

#include "backbone/multipole/reference/attention2d.h"
#include "backbone/multipole/upward/token_mass.h"
#include "tests/backbone/multipole/cuda/host_runner.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

CaseShape random_kernel_shape(int64_t max_side) {
  CaseShape shape = random_shape(max_side);
  shape.head_dim = 8 * random_int(1, 5);
  shape.heads = random_int(1, 2);
  return shape;
}

// As backends get them.
Attention2dArgs to_args(const OracleArgs2d& oracle) {
  return complete_masses({oracle.q, oracle.k, oracle.v, oracle.k_far, oracle.v_far, oracle.q_far, oracle.near_bias,
                          oracle.far_bias, oracle.cell, 1 / std::sqrt(static_cast<double>(oracle.q.size(-1))),
                          oracle.k_extra, oracle.v_extra, oracle.token_mass, oracle.far_mass});
}

std::vector<Tensor> gradient_list(const Attention2dGrads& grads) {
  std::vector<Tensor> list = {grads.q, grads.k, grads.v};
  for (const auto* levels : {&grads.k_far, &grads.v_far, &grads.q_far})
    list.insert(list.end(), levels->begin(), levels->end());
  if (grads.near_bias.defined()) list.push_back(grads.near_bias);
  for (const Tensor& grad : {grads.k_extra, grads.v_extra, grads.token_mass}) {
    if (grad.defined()) list.push_back(grad);
  }
  for (const auto* levels : {&grads.far_bias, &grads.far_mass}) list.insert(list.end(), levels->begin(), levels->end());
  return list;
}

struct Results {
  Tensor out, lse;
  std::vector<Tensor> grads;
};

Results run_on_host(const OracleArgs2d& args, const Tensor& d_out, const Tensor& d_lse) {
  const HostRunner runner;
  const auto [out, lse] = cuda::attention2d_forward(to_args(args), runner);
  return {out, lse, gradient_list(cuda::attention2d_backward(to_args(args), out, lse, d_out, d_lse, runner))};
}

Results run_reference(const OracleArgs2d& args, const Tensor& d_out, const Tensor& d_lse) {
  const auto [out, lse] = reference::attention2d_forward(to_args(args));
  return {out, lse, gradient_list(reference::attention2d_backward(to_args(args), out, lse, d_out, d_lse))};
}

// Every result within `tolerance` of its largest entry.
void expect_close(const Results& actual, const Results& exact, double tolerance) {
  EXPECT_LE(relative_error(actual.out, exact.out), tolerance);
  EXPECT_LE(relative_error(actual.lse, exact.lse), tolerance);
  ASSERT_EQ(actual.grads.size(), exact.grads.size());
  for (size_t i = 0; i < exact.grads.size(); ++i) {
    EXPECT_EQ(actual.grads[i].sizes(), exact.grads[i].sizes());
    EXPECT_LE(relative_error(actual.grads[i], exact.grads[i]), tolerance) << "gradient " << i;
  }
}

// Variants and biases take turns with the case's number.
struct RandomCase {
  RandomCase(const CaseShape& like, torch::ScalarType type, int number) : shape(like) {
    shape.linear = number % 2 == 0;
    shape.biased = number / 2 % 2 == 0;
    args = random_args(shape, type);
    d_out = torch::randn(args.q.sizes(), torch::kFloat64).to(type);
    d_lse = torch::randn({shape.batch, shape.heads, shape.height, shape.width});
    exact = run_reference(to_dtype(args, torch::kFloat64), d_out.to(torch::kFloat64), d_lse.to(torch::kFloat64));
  }

  CaseShape shape;
  OracleArgs2d args;
  Tensor d_out, d_lse;
  Results exact;
};

void expect_type_is_right(torch::ScalarType type, double tolerance, int cases) {
  for (int i = 0; i < cases; ++i) {
    const RandomCase c(random_kernel_shape(12), type, i);
    SCOPED_TRACE(describe(c.shape));
    expect_close(run_on_host(c.args, c.d_out, c.d_lse), c.exact, tolerance);
  }
}

TEST(HostAttention2d, Float32) { expect_type_is_right(torch::kFloat32, 1e-5, 4); }
TEST(HostAttention2d, Float16) { expect_type_is_right(torch::kFloat16, 4e-3, 4); }
TEST(HostAttention2d, BFloat16) { expect_type_is_right(torch::kBFloat16, 3e-2, 4); }

// Extra keys, masses of tokens and of summaries. Gradients of masses are sums that cancel, so that the reference's own
// error in this type says what may be expected.
void expect_masses_are_right(torch::ScalarType type, double rounding, int cases) {
  for (int i = 0; i < cases; ++i) {
    const RandomCase c(with_masses(random_kernel_shape(7)), type, i);
    SCOPED_TRACE(describe(c.shape));
    const Results& exact = c.exact;
    const Results plain = run_reference(c.args, c.d_out, c.d_lse), actual = run_on_host(c.args, c.d_out, c.d_lse);
    const auto expect_near = [&](const Tensor& a, const Tensor& b, const Tensor& exactly) {
      ASSERT_EQ(a.sizes(), exactly.sizes());
      EXPECT_LE(relative_error(a, exactly), allowed_error(relative_error(b, exactly), rounding));
    };
    expect_near(actual.out, plain.out, exact.out);
    expect_near(actual.lse, plain.lse, exact.lse);
    ASSERT_EQ(actual.grads.size(), exact.grads.size());
    for (size_t g = 0; g < exact.grads.size(); ++g) {
      SCOPED_TRACE(testing::Message() << "gradient " << g);
      expect_near(actual.grads[g], plain.grads[g], exact.grads[g]);
    }
  }
}

TEST(HostAttention2d, MassesFloat32) { expect_masses_are_right(torch::kFloat32, 2e-5, 4); }
TEST(HostAttention2d, MassesFloat16) { expect_masses_are_right(torch::kFloat16, 6e-3, 1); }
TEST(HostAttention2d, MassesBFloat16) { expect_masses_are_right(torch::kBFloat16, 5e-2, 1); }

TEST(HostAttention2d, WhatMassTakesOutLeavesNoTrace) {
  for (const bool linear : {false, true}) {
    CaseShape shape = {1, 5, 6, 1, 8, 2, 4, linear, true};
    shape.token_mass = shape.mass_by_head = shape.far_mass = true;
    shape.extra = 3;
    const OracleArgs2d args = random_args(shape, torch::kFloat32);
    OracleArgs2d poisoned = args;
    const Tensor masked = args.token_mass.le(0).unsqueeze(-1);
    poisoned.k = args.k.masked_fill(masked, NAN);
    poisoned.v = args.v.masked_fill(masked, NAN);
    for (size_t l = 0; l < args.far_mass.size(); ++l) {
      const Tensor far_masked = args.far_mass[l].isinf().unsqueeze(-1);
      poisoned.k_far[l] = args.k_far[l].masked_fill(far_masked, NAN);
      poisoned.v_far[l] = args.v_far[l].masked_fill(far_masked, NAN);
    }
    ASSERT_TRUE(poisoned.k.isnan().any().item<bool>());
    const Tensor d_out = torch::randn(args.q.sizes());
    const Results clean = run_on_host(args, d_out, {}), actual = run_on_host(poisoned, d_out, {});
    EXPECT_TRUE(actual.out.equal(clean.out));
    EXPECT_TRUE(actual.lse.equal(clean.lse));
    for (size_t g = 0; g < clean.grads.size(); ++g) EXPECT_TRUE(actual.grads[g].equal(clean.grads[g])) << g;
  }
}

TEST(HostAttention2d, AQueryWithoutAnyKey) {
  for (const bool linear : {false, true}) {
    CaseShape shape = {1, 5, 5, 1, 8, 1, 1, linear, false};
    shape.token_mass = true;
    OracleArgs2d args = random_args(shape, torch::kFloat32);
    args.token_mass = torch::zeros_like(args.token_mass);
    const Results results = run_on_host(args, torch::randn(args.q.sizes()), {});
    EXPECT_TRUE(results.out.eq(0).all().item<bool>());
    EXPECT_TRUE(results.lse.eq(-std::numeric_limits<double>::infinity()).all().item<bool>());
    for (const Tensor& grad : results.grads) EXPECT_TRUE(grad.eq(0).all().item<bool>());
  }
}

// A far level without numbers must not pass for one that saw no key.
TEST(HostAttention2d, ANanShowsWhereverItIsSeen) {
  for (const bool linear : {false, true}) {
    const OracleArgs2d good = random_args({1, 9, 12, 1, 8, 2, 4, linear, true}, torch::kFloat32);
    for (size_t tensor = 0; tensor < tensors_of(good).size(); ++tensor) {
      const Poisoned poisoned = poison(good, tensor, random_int(0, tensors_of(good)[tensor].numel() - 1));
      const auto [out, lse] = cuda::attention2d_forward(to_args(poisoned.args), HostRunner());
      EXPECT_TRUE((out.isnan() | ~poisoned.out).all().item<bool>())
          << "out, tensor " << tensor << ", linear " << linear;
      EXPECT_TRUE((lse.isnan() | ~poisoned.lse).all().item<bool>())
          << "lse, tensor " << tensor << ", linear " << linear;
    }
  }
}

TEST(HostAttention2d, EveryHeadDimAndSeveralShares) {
  for (const int64_t head_dim : {48, 64, 96, 128}) {
    const CaseShape shape = {1, 5, 9, 1, head_dim, 2, 4, head_dim % 3 == 0, true};
    SCOPED_TRACE(describe(shape));
    const OracleArgs2d args = random_args(shape, torch::kFloat32);
    const Tensor d_out = torch::randn(args.q.sizes());
    const Results exact = run_reference(to_dtype(args, torch::kFloat64), d_out.to(torch::kFloat64), {});
    expect_close(run_on_host(args, d_out, {}), exact, 1e-5);
  }
}

TEST(HostAttention2d, InteractionListsAreThoseOfTheGeometry) {
  for (int i = 0; i < 50; ++i) {
    cuda::Problem p{};
    p.level[0].rows = static_cast<int>(random_int(1, 13));
    p.level[0].columns = static_cast<int>(random_int(1, 13));
    const cuda::Place own = {static_cast<int>(random_int(0, p.level[0].rows - 1)),
                             static_cast<int>(random_int(0, p.level[0].columns - 1))};
    const cuda::InteractionList list = cuda::interaction_list(p, 0, own);
    std::set<std::pair<int64_t, int64_t>> expected, actual;
    for_each_interaction_cell(own.y, own.x, p.level[0].rows, p.level[0].columns, [&](int64_t y, int64_t x) {
      expected.insert({y, x});
    });
    for (int k = 0; k < list.size(); ++k) actual.insert({list.cell(k).y, list.cell(k).x});
    EXPECT_EQ(static_cast<int>(actual.size()), list.size());
    EXPECT_EQ(actual, expected);
  }
}

}  // namespace
}  // namespace multipole::test
