#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "backbone/multipole/conv_basis/conv_basis.h"
#include "tests/support/gradcheck.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

const auto kDouble = at::TensorOptions(at::kDouble);

// tril(q k^T / sqrt(d)) with -inf above the diagonal: (B, heads, n, n).
at::Tensor causal_scores(const at::Tensor& q, const at::Tensor& k) {
  const auto scores = at::einsum("bqhd,bkhd->bhqk", {q, k}) / std::sqrt(static_cast<double>(q.size(-1)));
  const auto after = at::ones({q.size(1), q.size(1)}, at::kBool).triu(1);
  return scores.masked_fill(after, -std::numeric_limits<double>::infinity());
}

at::Tensor attend(const at::Tensor& scores, const at::Tensor& v) {
  return at::einsum("bhqk,bkhd->bqhd", {scores.softmax(-1), v});
}

// One head whose scores are gain_j cos(w (i - j)): constant along diagonals while the gain stays.
struct Structured {
  at::Tensor q, k, v;
};

Structured structured(const std::vector<double>& gain, int64_t batch) {
  const auto tokens = static_cast<int64_t>(gain.size());
  const auto angle = at::arange(tokens, kDouble) * 0.07;
  const auto wave = at::stack({angle.cos(), angle.sin()}, 1);  // (n, 2)
  const auto keys = wave * at::tensor(gain, kDouble).unsqueeze(1);
  const auto expand = [&](const at::Tensor& x) {
    return x.view({1, tokens, 1, 2}).expand({batch, -1, -1, -1}).contiguous();
  };
  return {expand(wave), expand(keys), at::randn({batch, tokens, 1, 2}, kDouble)};
}

std::vector<double> steps(const std::vector<int64_t>& starts, int64_t tokens) {
  std::vector<double> gain;
  size_t piece = 0;
  for (int64_t j = 0; j < tokens; ++j) {
    if (piece + 1 < starts.size() && j == starts[piece + 1]) ++piece;
    gain.push_back(1.0 + static_cast<double>(piece));
  }
  return gain;
}

TEST(ConvBasisTest, WithoutToleranceItIsCausalAttention) {
  at::manual_seed(test::test_seed());
  for (const int64_t tokens : {int64_t{1}, int64_t{2}, random_int(3, 60)}) {
    const auto q = at::randn({2, tokens, 2, 4}, kDouble) * 3, k = at::randn_like(q) * 3, v = at::randn_like(q);
    const auto [out, sizes] = conv_basis_attention(q, k, v);
    EXPECT_TRUE(at::allclose(out, attend(causal_scores(q, k), v), 1e-9, 1e-11)) << tokens;
    EXPECT_EQ(sizes.sizes(), (std::vector<int64_t>{2, 2, tokens}));  // nothing is constant along diagonals here
  }
}

// A key without numbers is like no other column: it must not vanish behind the one before.
TEST(ConvBasisTest, ANanShowsInEveryRowThatSeesIt) {
  at::manual_seed(test::test_seed());
  constexpr int64_t kTokens = 20, kBad = 7;
  for (const double tolerance : {0.0, 1e-3}) {
    auto [q, k, v] = structured(std::vector<double>(kTokens, 1.0), 1);
    k.select(1, kBad).fill_(std::numeric_limits<double>::quiet_NaN());
    const auto out = std::get<0>(conv_basis_attention(q, k, v, tolerance));
    EXPECT_TRUE(out.slice(1, 0, kBad).isfinite().all().item<bool>()) << tolerance;
    EXPECT_TRUE(out.slice(1, kBad).isnan().all().item<bool>()) << tolerance;
  }
}

TEST(ConvBasisTest, FindsTheConvolutionsThatThereAre) {
  at::manual_seed(test::test_seed());
  const int64_t tokens = random_int(150, 300);
  const std::vector<int64_t> starts = {0, random_int(1, 30), random_int(40, 100)};
  const auto [q, k, v] = structured(steps(starts, tokens), 2);
  const auto [out, sizes] = conv_basis_attention(q, k, v, 1e-9);
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(sizes[b][0][i].item<int64_t>(), tokens - starts[i]);
  }
  EXPECT_EQ(sizes.size(2), 3);
  EXPECT_TRUE(at::allclose(out, attend(causal_scores(q, k), v), 1e-9, 1e-10));
}

// Scores of whole numbers are exact, so equal columns are found equal without any tolerance, one that differs for a
// single step included.
TEST(ConvBasisTest, WithoutToleranceEveryColumnIsLookedAt) {
  at::manual_seed(test::test_seed());
  const int64_t tokens = 90, odd = random_int(2, 80);
  const auto q = at::ones({1, tokens, 1, 1}, kDouble), v = at::randn({1, tokens, 1, 1}, kDouble);
  auto k = at::ones_like(q) * 2;
  k.select(1, odd).fill_(5);
  const auto [out, sizes] = conv_basis_attention(q, k, v);
  EXPECT_TRUE(sizes.flatten().equal(at::tensor(std::vector<int64_t>{tokens, tokens - odd, tokens - odd - 1})));
  EXPECT_TRUE(at::allclose(out, attend(causal_scores(q, k), v), 1e-9, 1e-10));
}

// The scores that a list of sizes stands for: column j is the column of the last start, moved down the diagonal.
at::Tensor approximate_scores(const at::Tensor& scores, const at::Tensor& sizes) {
  auto result = scores.clone();
  const int64_t tokens = scores.size(-1);
  for (int64_t b = 0; b < scores.size(0); ++b) {
    for (int64_t h = 0; h < scores.size(1); ++h) {
      int64_t start = 0;
      for (int64_t j = 0; j < tokens; ++j) {
        if (sizes[b][h].eq(tokens - j).any().item<bool>()) start = j;
        result[b][h].select(1, j).slice(0, j).copy_(scores[b][h].select(1, start).slice(0, start, start + tokens - j));
      }
    }
  }
  return result;
}

TEST(ConvBasisTest, KeepsThePapersErrorBound) {
  at::manual_seed(test::test_seed());
  for (const double tolerance : {0.01, 0.2}) {
    const int64_t tokens = random_int(20, 120);
    auto [q, k, v] = structured(steps({0, 10}, tokens), 1);
    q = q + at::randn_like(q) * 0.05;
    const auto scores = causal_scores(q, k);
    const auto [out, sizes] = conv_basis_attention(q, k, v, tolerance);
    const auto approximate = approximate_scores(scores, sizes);
    const double error = (scores - approximate).nan_to_num(0).abs().max().item<double>();
    const double bound = 2 * std::expm1(2 * error) * v.abs().max().item<double>();
    EXPECT_LE((out - attend(scores, v)).abs().max().item<double>(), bound + 1e-12);
    EXPECT_TRUE(at::allclose(out, attend(approximate, v), 1e-9, 1e-10)) << tokens;
  }
}

TEST(ConvBasisTest, StopsAtTheMostConvolutionsAllowed) {
  at::manual_seed(test::test_seed());
  const auto q = at::randn({1, 70, 2, 4}, kDouble), k = at::randn_like(q), v = at::randn_like(q);
  const auto [out, sizes] = conv_basis_attention(q, k, v, 0.0, 3);
  EXPECT_EQ(sizes.size(2), 3);
  const auto approximate = approximate_scores(causal_scores(q, k), sizes);
  EXPECT_TRUE(at::allclose(out, attend(approximate, v), 1e-8, 1e-9));
}

TEST(ConvBasisTest, GradientsAreThoseOfFiniteDifferences) {
  at::manual_seed(test::test_seed());
  const auto [q, k, v] = structured(steps({0, 9}, 60), 1);
  const auto by_transform = [](const std::vector<torch::Tensor>& x) {
    return std::get<0>(conv_basis_attention(x[0], x[1], x[2], 0.1));
  };
  EXPECT_EQ(test::gradcheck(by_transform, {q, k, v}), "");
  const auto by_product = [](const std::vector<torch::Tensor>& x) {
    return std::get<0>(conv_basis_attention(x[0], x[1], x[2]));
  };
  const auto short_q = at::randn({2, 7, 2, 3}, kDouble);
  EXPECT_EQ(test::gradcheck(by_product, {short_q, at::randn_like(short_q), at::randn_like(short_q)}), "");
}

TEST(ConvBasisTest, LargeScoresStayFiniteAndTheDtypeStays) {
  at::manual_seed(test::test_seed());
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const auto q = (at::randn({1, 40, 2, 4}) * 30).to(type), k = (at::randn({1, 40, 2, 4}) * 30).to(type);
    const auto v = at::randn({1, 40, 2, 4}).to(type);
    const auto out = std::get<0>(conv_basis_attention(q, k, v));
    EXPECT_EQ(out.scalar_type(), type);
    const auto expected = attend(causal_scores(q.to(at::kDouble), k.to(at::kDouble)), v.to(at::kDouble));
    EXPECT_TRUE(at::allclose(out.to(at::kDouble), expected, 1e-2, 1e-3));
  }
}

TEST(ConvBasisTest, WrongArgumentsAreNamed) {
  const auto q = at::randn({1, 4, 2, 3});
  const auto message = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const c10::Error& error) {
      return error.what_without_backtrace();
    }
    return "";
  };
  EXPECT_NE(message([&] { conv_basis_attention(q, q.slice(1, 0, 3), q); }).find("k"), std::string::npos);
  EXPECT_NE(message([&] { conv_basis_attention(q, q, q, -1.0); }).find("tolerance"), std::string::npos);
  EXPECT_NE(message([&] { conv_basis_attention(q, q, q, 0.0, -1); }).find("max_basis"), std::string::npos);
}

}  // namespace
}  // namespace multipole
