// Wrong arguments: the message names the operator and the argument, what it was and what was expected.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <functional>

#include "backbone/multipole/conv_basis/conv_basis.h"
#include "backbone/multipole/op.h"
#include "tests/backbone/multipole/expect_error.h"

namespace multipole::test {
namespace {

using torch::Tensor;

// Runs the op on good arguments after one change.
void expect_attention2d_error(const std::function<void(OracleArgs2d&)>& change, std::vector<std::string> parts) {
  OracleArgs2d args = good_args();
  change(args);
  parts.insert(parts.begin(), "multipole::attention2d");
  expect_error([&] { run_op(args); }, parts);
}

TEST(Errors, GoodArgumentsPass) { EXPECT_NO_THROW(run_op(good_args())); }

TEST(Errors, Attention2dShapes) {
  expect_attention2d_error([](auto& a) { a.q = a.q[0]; },
                           {"q must have shape (B, H, W, heads, head_dim)", "(9, 12, 2, 4)"});
  expect_attention2d_error([](auto& a) { a.k = a.k.slice(2, 1); },
                           {"k must have shape", "(1, 9, 12, 2, 4)", "(1, 9, 11, 2, 4)"});
  expect_attention2d_error([](auto& a) { a.v = a.v.slice(4, 1); }, {"v must have shape", "got (1, 9, 12, 2, 3)"});
  expect_attention2d_error([](auto& a) { a.q = a.q.slice(1, 0, 0); }, {"q must have shape", "no dimension of size 0"});
  expect_attention2d_error([](auto& a) { a.k_far[1] = a.k_far[0]; },
                           {"k_far[1] must have shape", "got (1, 5, 6, 4, 2, 4)"});
  expect_attention2d_error([](auto& a) { a.v_far[0] = a.v_far[0].slice(3, 0, 1); }, {"v_far[0] must have shape"});
  expect_attention2d_error([](auto& a) { a.q_far[1] = a.q_far[1].slice(3, 0, 1); }, {"q_far[1] must have shape"});
  expect_attention2d_error([](auto& a) { a.near_bias = a.near_bias.slice(1, 1); },
                           {"near_bias must have shape (heads, 4 cell - 1, 4 cell - 1) = (2, 7, 7)", "(2, 6, 7)"});
  expect_attention2d_error([](auto& a) { a.far_bias[1] = a.far_bias[1].slice(0, 1); }, {"far_bias[1] must have shape"});
}

TEST(Errors, ExtraKeysAndMasses) {
  const auto with = [](const std::function<void(OracleArgs2d&)>& change) {
    return [change](OracleArgs2d& a) {
      a.k_extra = a.v_extra = torch::randn({1, 5, 2, 4});
      a.token_mass = torch::ones({1, 9, 12});
      for (const Tensor& level : a.k_far) a.far_mass.push_back(torch::zeros(level.sizes().slice(0, 5)));
      change(a);
    };
  };
  expect_attention2d_error(with([](auto& a) { a.v_extra = Tensor(); }), {"k_extra and v_extra must be given together"});
  expect_attention2d_error(with([](auto& a) { a.k_extra = a.k_extra.slice(2, 1); }),
                           {"k_extra must have shape (B, E, heads, head_dim) = (1, *, 2, 4)", "got (1, 5, 1, 4)"});
  expect_attention2d_error(with([](auto& a) { a.v_extra = a.v_extra.slice(1, 1); }), {"v_extra must have shape"});
  expect_attention2d_error(with([](auto& a) { a.k_extra = a.k_extra.slice(1, 0, 0); }),
                           {"k_extra must have shape", "no dimension of size 0"});
  expect_attention2d_error(with([](auto& a) { a.token_mass = a.token_mass.slice(1, 1); }),
                           {"token_mass must have shape (B, H, W) or (B, H, W, heads) = (1, 9, 12)", "got (1, 8, 12)"});
  expect_attention2d_error(with([](auto& a) {
                             a.token_mass = torch::ones({1, 9, 12, 3});
                           }),
                           {"token_mass must have shape (B, H, W, heads) = (1, 9, 12, 2)", "got (1, 9, 12, 3)"});
  expect_attention2d_error(with([](auto& a) { a.token_mass = a.token_mass.to(torch::kFloat64); }),
                           {"token_mass must have dtype Float (that of masses where q is Float)", "got Double"});
  expect_attention2d_error(with([](auto& a) { a.far_mass.pop_back(); }), {"far_mass", "as many tensors as k_far"});
  expect_attention2d_error(with([](auto& a) { a.far_mass[1] = a.far_mass[0]; }),
                           {"far_mass[1] must have shape (B, Hl, Wl, rank, heads)", "got (1, 5, 6, 4, 2)"});
  const Tensor x = torch::randn({1, 4, 4, 6}), basis = torch::randn({1, 2, 2, 6});
  expect_error(
      [&] {
        summarize2d(x, basis, {}, 2, torch::ones({1, 4, 5}));
      },
      {"multipole::summarize2d", "token_mass must have shape", "got (1, 4, 5)"});
  expect_error(
      [&] {
        summarize2d(x, basis, {}, 2, torch::ones({1, 4, 4, 4}));
      },
      {"token_mass must have a number of heads that divides the 6 channels of x, got 4"});
}

TEST(Errors, Attention2dNumberOfLevels) {
  expect_attention2d_error(
      [](auto& a) {
        for (auto* list : {&a.k_far, &a.v_far, &a.q_far, &a.far_bias}) list->push_back(list->back());
      },
      {"k_far must have at most 2 tensors", "9 x 12 grid with cell 2", "got 3"});
  expect_attention2d_error([](auto& a) { a.v_far.pop_back(); }, {"v_far", "2", "1"});
  expect_attention2d_error([](auto& a) { a.q_far.pop_back(); }, {"q_far", "2", "1"});
  expect_attention2d_error([](auto& a) { a.far_bias.pop_back(); }, {"far_bias", "2", "1"});
}

TEST(Errors, Attention2dRank) {
  expect_attention2d_error(
      [](auto& a) {
        for (auto* list : {&a.k_far, &a.v_far, &a.q_far}) {
          for (Tensor& tensor : *list) tensor = tensor.slice(3, 0, 3);
        }
      },
      {"k_far[0]", "perfect square", "got rank 3"});
}

TEST(Errors, Attention2dDtypesAndNumbers) {
  expect_attention2d_error([](auto& a) { a.k = a.k.to(torch::kFloat64); },
                           {"k must have the dtype of q", "Float", "Double"});
  expect_attention2d_error([](auto& a) { a.far_bias[0] = a.far_bias[0].to(torch::kHalf); },
                           {"far_bias[0] must have the dtype"});
  expect_attention2d_error([](auto& a) { a = to_dtype(a, torch::kInt); },
                           {"q must be float64, float32, bfloat16 or float16", "Int"});
  expect_attention2d_error([](auto& a) { a.k = a.k.to(torch::kMeta); },
                           {"k must be on the device of q", "cpu", "meta"});
  expect_attention2d_error([](auto& a) { a.cell = 0; }, {"cell must be between 1 and", "got 0"});
  expect_attention2d_error([](auto& a) { a.cell = -3; }, {"cell must be between 1 and", "got -3"});
  expect_attention2d_error([](auto& a) { a.scale = std::nan(""); }, {"scale must be finite"});
}

TEST(Errors, Summarize2d) {
  const Tensor x = torch::randn({1, 8, 8, 6}), basis = torch::randn({4, 2, 2, 6}),
               merge = torch::randn({4, 2, 2, 4, 6});
  EXPECT_NO_THROW(summarize2d(x, basis, {merge}, 2));
  expect_error([&] { summarize2d(x[0], basis, {merge}, 2); },
               {"multipole::summarize2d: x must have shape", "(8, 8, 6)"});
  expect_error([&] { summarize2d(x, basis, {merge}, 3); },
               {"token_basis must have shape (rank, cell, cell, C)", "(4, 2, 2, 6)"});
  expect_error([&] { summarize2d(x, basis.slice(3, 1), {merge}, 2); }, {"token_basis must have shape"});
  expect_error([&] { summarize2d(x, basis.slice(0, 1), {merge}, 2); }, {"token_basis", "perfect square", "got rank 3"});
  expect_error([&] { summarize2d(x, torch::randn({9, 2, 2, 6}), {}, 2); }, {"token_basis", "s <= cell = 2"});
  expect_error(
      [&] {
        summarize2d(x, basis, {merge, merge.slice(1, 1)}, 2);
      },
      {"merge_basis[1] must have shape", "(4, 1, 2, 4, 6)"});
  expect_error([&] { summarize2d(x, basis.to(torch::kFloat64), {merge}, 2); },
               {"token_basis must have the dtype of x"});
}

TEST(Errors, Attention1d) {
  const Tensor x = torch::randn({1, 16, 2, 3}), far = torch::randn({1, 4, 2, 2, 3});
  EXPECT_NO_THROW(attention1d(x, x, x, {far}, {far}, 4));
  const auto expect_1d = [](auto&& call, std::vector<std::string> parts) {
    parts.insert(parts.begin(), "multipole::attention1d");
    expect_error(call, parts);
  };
  expect_1d([&] { attention1d(x, x.slice(1, 1), x, {far}, {far}, 4); }, {"k must have shape", "(1, 15, 2, 3)"});
  expect_1d([&] { attention1d(x, x, x, {}, {}, 4); }, {"k_far must have 1 tensors", "got 0"});
  expect_1d([&] { attention1d(x, x, x, {far}, {far, far}, 4); }, {"v_far", "1", "2"});
  expect_1d([&] { attention1d(x, x, x, {far.slice(1, 1)}, {far}, 4); }, {"k_far[0] must have shape"});
  expect_1d([&] { attention1d(x, x, x, {far}, {far.slice(2, 1)}, 4); }, {"v_far[0] must have shape"});
  expect_1d([&] { attention1d(x, x, x, {far}, {far}, 5); },
            {"q must have n = group * 2^(L+1) tokens", "n = 16 with group 5"});
  expect_1d([&] { attention1d(x, x, x, {far}, {far}, 0); }, {"group must be between 1 and"});
}

TEST(Errors, Summarize1d) {
  const Tensor x = torch::randn({1, 16, 6}), basis = torch::randn({2, 4, 6});
  EXPECT_NO_THROW(summarize1d(x, {basis}, 4));
  expect_error([&] { summarize1d(x, {}, 4); }, {"multipole::summarize1d: basis must have between 1 and", "got 0"});
  expect_error([&] { summarize1d(x, {basis, basis}, 4); }, {"basis[1] must have shape", "(2, 4, 6)"});
  expect_error([&] { summarize1d(x.slice(1, 1), {basis}, 4); },
               {"x must have a number of tokens divisible by", "got 15"});
}

TEST(Errors, ConvBasisAttention) {
  const Tensor x = torch::randn({1, 8, 2, 3});
  EXPECT_NO_THROW(conv_basis_attention(x, x, x));
  expect_error([&] { conv_basis_attention(x, x.slice(1, 1), x); },
               {"multipole::conv_basis_attention: k must have shape", "(1, 7, 2, 3)"});
  expect_error([&] { conv_basis_attention(x, x, x.to(torch::kHalf)); }, {"v must have the dtype of q"});
  expect_error([&] { conv_basis_attention(x, x.to(torch::kMeta), x); }, {"k must be on the device of q"});
  expect_error([&] { conv_basis_attention(x, x, x, std::nan("")); }, {"tolerance must be finite"});
  expect_error([&] { conv_basis_attention(x, x, x, 0, -1); }, {"max_basis must not be negative"});
}

}  // namespace
}  // namespace multipole::test
