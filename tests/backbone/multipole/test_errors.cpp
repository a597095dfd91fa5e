// Wrong arguments: the message names the operator and the argument, what it was and what was expected.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <functional>
#include <optional>

#include "backbone/multipole/conv_basis/conv_basis.h"
#include "backbone/multipole/op.h"
#include "backbone/multipole/operators.h"
#include "tests/backbone/multipole/op_cases.h"

namespace multipole::test {
namespace {

using torch::Tensor;

template <typename Call>
void expect_error(Call&& call, const std::vector<std::string>& parts) {
  try {
    call();
    ADD_FAILURE() << "no error; expected one with '" << parts.front() << "'";
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    for (const std::string& part : parts) {
      EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' is not in: " << message;
    }
  }
}

OracleArgs2d good_args() { return random_args({1, 9, 12, 2, 4, 2, 4, true, true}, torch::kFloat32); }

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
        for (auto* list : {&a.k_far, &a.v_far, &a.q_far, &a.far_bias}) list->pop_back();
      },
      {"k_far must have 2 tensors", "9 x 12 grid with cell 2", "got 1"});
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

// The backward operators, which Python can call with anything.

// d_out, out, lse and d_lse of one call.
struct Upstream {
  Tensor d_out, out, lse;
  std::optional<Tensor> d_lse;
};

// Each wrong tensor alone, on each device that needs no hardware; `run` calls the backward operator.
void expect_upstream_errors(const std::string& op, const Upstream& good, const std::string& lse_dims,
                            const std::function<void(const Upstream&)>& run) {
  EXPECT_NO_THROW(run(good));
  const auto expect = [&](const std::function<void(Upstream&)>& change, std::vector<std::string> parts) {
    Upstream wrong = good;
    change(wrong);
    parts.insert(parts.begin(), "multipole::" + op);
    expect_error([&] { run(wrong); }, parts);
  };
  expect([](auto& u) { u.d_out = u.d_out.slice(1, 1); }, {"d_out must have shape"});
  expect([](auto& u) { u.d_out = u.d_out.flatten(); }, {"d_out must have shape"});
  expect([](auto& u) { u.out = u.out.slice(-1, 1); }, {"out must have shape"});
  expect([](auto& u) { u.out = u.out.to(torch::kFloat64); }, {"out must have the dtype of q"});
  expect([](auto& u) { u.d_out = u.d_out.to(torch::kHalf); }, {"d_out must have the dtype of q"});
  expect([](auto& u) { u.lse = u.lse.slice(-1, 1); }, {"lse must have shape " + lse_dims});
  expect([](auto& u) { u.lse = u.lse.to(torch::kFloat64); }, {"lse must have dtype Float", "got Double"});
  expect([](auto& u) { u.d_lse = u.d_lse->slice(1, 1); }, {"d_lse must have shape " + lse_dims});
  expect([](auto& u) { u.d_lse = u.d_lse->to(torch::kBFloat16); }, {"d_lse must have dtype Float", "got BFloat16"});
  const bool is_meta = good.out.is_meta();
  const auto elsewhere = [&](const Tensor& x) { return torch::zeros_like(x, is_meta ? torch::kCPU : torch::kMeta); };
  expect([&](auto& u) { u.d_out = elsewhere(u.d_out); }, {"d_out must be on the device of q"});
  expect([&](auto& u) { u.out = elsewhere(u.out); }, {"out must be on the device of q"});
  expect([&](auto& u) { u.lse = elsewhere(u.lse); }, {"lse must be on the device of q"});
  expect([&](auto& u) { u.d_lse = elsewhere(*u.d_lse); }, {"d_lse must be on the device of q"});
}

TEST(Errors, Attention2dBackward) {
  static const auto op = find_operator<Attention2dBackwardSignature>("_attention2d_backward");
  for (const torch::Device device : {torch::kCPU, torch::kMeta}) {
    for (const auto dtype : {torch::kFloat32, torch::kBFloat16}) {
      const OracleArgs2d args = to_device(to_dtype(good_args(), dtype), device);
      const OracleResult result = run_op(args);
      expect_upstream_errors("_attention2d_backward",
                             {torch::zeros_like(result.out), result.out, result.lse, torch::zeros_like(result.lse)},
                             "(B, heads, H, W)", [&](const Upstream& u) {
                               op.call(u.d_out, u.d_lse, u.out, u.lse, args.q, args.k, args.v, args.k_far, args.v_far,
                                       args.cell, args.q_far, args.near_bias, args.far_bias, args.scale, {}, {}, {},
                                       {});
                             });
    }
  }
}

TEST(Errors, Attention1dBackward) {
  static const auto op = find_operator<Attention1dBackwardSignature>("_attention1d_backward");
  for (const torch::Device device : {torch::kCPU, torch::kMeta}) {
    const Tensor x = torch::randn({1, 16, 2, 8}).to(device), far = torch::randn({1, 4, 2, 2, 8}).to(device);
    const auto [out, lse] = attention1d(x, x, x, {far}, {far}, 4);
    expect_upstream_errors("_attention1d_backward", {x, out, lse, torch::zeros_like(lse)}, "(B, heads, n)",
                           [&, out = out](const Upstream& u) {
                             op.call(u.d_out, u.d_lse, u.out, u.lse, x, x, x, {far}, {far}, 4, false, std::nullopt);
                           });
  }
}

// A list of one gradient a level, each wrong in one way; `run` calls the backward operator.
void expect_d_summaries_errors(const std::string& op, const std::vector<Tensor>& good, const std::string& dims,
                               const std::function<void(const std::vector<Tensor>&)>& run) {
  EXPECT_NO_THROW(run(good));
  const auto expect = [&](const std::function<void(std::vector<Tensor>&)>& change, std::vector<std::string> parts) {
    std::vector<Tensor> wrong = good;
    change(wrong);
    parts.insert(parts.begin(), "multipole::" + op);
    expect_error([&] { run(wrong); }, parts);
  };
  const std::string count = "d_summaries must have " + std::to_string(good.size()) + " tensors";
  expect([](auto& list) { list.clear(); }, {count, "got 0"});
  expect([](auto& list) { list.pop_back(); }, {count});
  expect([](auto& list) { list.push_back(list.back()); }, {count});
  for (size_t i = 0; i < good.size(); ++i) {
    const std::string name = "d_summaries[" + std::to_string(i) + "]";
    expect([&](auto& list) { list[i] = list[i].slice(1, 1); }, {name + " must have shape " + dims});
    expect([&](auto& list) { list[i] = list[i].slice(-1, 1); }, {name + " must have shape " + dims});
    expect([&](auto& list) { list[i] = list[i].flatten(); }, {name + " must have shape " + dims});
    expect([&](auto& list) { list[i] = list[i].to(torch::kFloat64); }, {name + " must have the dtype of x"});
    expect([&](auto& list) { list[i] = Tensor(); }, {name + " is an undefined tensor"});
    const auto elsewhere = good[i].is_meta() ? torch::kCPU : torch::kMeta;
    expect([&](auto& list) { list[i] = torch::zeros_like(list[i], elsewhere); },
           {name + " must be on the device of x"});
  }
}

TEST(Errors, Summarize2dBackward) {
  static const auto op = find_operator<Summarize2dBackwardSignature>("_summarize2d_backward");
  for (const torch::Device device : {torch::kCPU, torch::kMeta}) {
    const Tensor x = torch::randn({1, 7, 9, 8}).to(device), basis = torch::randn({4, 2, 2, 8}).to(device),
                 merge = torch::randn({4, 2, 2, 4, 8}).to(device);
    expect_d_summaries_errors("_summarize2d_backward", summarize2d(x, basis, {merge}, 2), "(B, Hl, Wl, rank, C)",
                              [&](const std::vector<Tensor>& list) { op.call(list, x, basis, {merge}, 2, {}); });
  }
}

TEST(Errors, Summarize1dBackward) {
  static const auto op = find_operator<Summarize1dBackwardSignature>("_summarize1d_backward");
  for (const torch::Device device : {torch::kCPU, torch::kMeta}) {
    const Tensor x = torch::randn({1, 16, 8}).to(device), first = torch::randn({2, 4, 8}).to(device),
                 second = torch::randn({1, 8, 8}).to(device);
    expect_d_summaries_errors("_summarize1d_backward", summarize1d(x, {first, second}, 4), "(B, groups, rank, C)",
                              [&](const std::vector<Tensor>& list) {
                                op.call(list, x, {first, second}, 4);
                              });
  }
}

}  // namespace
}  // namespace multipole::test
