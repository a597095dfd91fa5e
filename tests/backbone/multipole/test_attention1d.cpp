// The 1D attention against the dense definition, by finite differences, and its laws.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "backbone/multipole/op.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/backbone/multipole/sequence_cases.h"
#include "tests/support/gradcheck.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

TEST(Attention1d, EqualsTheDefinition) {
  for (int i = 0; i < 24; ++i) {
    const SequenceShape shape = random_sequence_shape(i % 2 == 0);
    SCOPED_TRACE(describe(shape));
    const auto tensors = random_sequence(shape, torch::kFloat64);
    const OracleResult actual = run_attention1d(shape, tensors), expected = define_attention1d(shape, tensors);
    EXPECT_LE(relative_error(actual.out, expected.out), 1e-11);
    EXPECT_LE(relative_error(actual.lse, expected.lse), 1e-11);
  }
}

TEST(Attention1d, Gradients) {
  for (const bool causal : {false, true}) {
    const SequenceShape shape = {1, 24, 2, 3, 3, 2, 2, causal};
    const auto function = [&](const std::vector<Tensor>& t) {
      const OracleResult result = run_attention1d(shape, t);
      return torch::cat({result.out, result.lse.transpose(1, 2).unsqueeze(-1)}, -1);
    };
    EXPECT_EQ(gradcheck(function, random_sequence(shape, torch::kFloat64)), "");
  }
}

// No output before a token may depend on it. Far summaries are those of the tokens, so a later token reaches them.
TEST(Attention1d, CausalSeesNoLaterToken) {
  const SequenceShape c = {1, 48, 1, 4, 3, 1, 3, true};
  std::vector<Tensor> basis;
  for (int64_t i = 0; i < c.levels; ++i) basis.push_back(torch::randn({1, c.group << i, 4}, torch::kFloat64));
  const auto forward = [&](const Tensor& x) {
    auto far = summarize1d(x.flatten(2), basis, c.group);
    for (Tensor& level : far) level = level.unflatten(3, {1, 4});
    return std::get<0>(attention1d(x, x, x, far, far, c.group, true));
  };
  const Tensor x = torch::randn({1, c.tokens, 1, 4}, torch::kFloat64);
  const int64_t changed = random_int(1, c.tokens - 1);
  Tensor other = x.clone();
  other.select(1, changed).add_(1);
  const Tensor difference = (forward(x) - forward(other)).abs().sum({0, 2, 3});
  EXPECT_EQ(difference.slice(0, 0, changed).max().item<double>(), 0);
  EXPECT_GT(difference[changed].item<double>(), 0);
}

TEST(Attention1d, ConstantKeysGiveTheMeanOfAllValues) {
  const int64_t group = random_int(1, 6), levels = random_int(1, 4), tokens = group << (levels + 1);
  std::vector<Tensor> basis;
  for (int64_t i = 0; i < levels; ++i) {
    basis.push_back(torch::full({1, group << i, 2}, 1.0 / static_cast<double>(group << i), torch::kFloat64));
  }
  const Tensor q = torch::randn({1, tokens, 1, 2}, torch::kFloat64), v = torch::randn_like(q);
  const Tensor k = torch::randn({1, 1, 1, 2}, torch::kFloat64).expand_as(q);
  const auto far = [&](const Tensor& x) {
    auto summaries = summarize1d(x.flatten(2), basis, group);
    for (Tensor& level : summaries) level = level.unsqueeze(3);
    return summaries;
  };
  const Tensor out = std::get<0>(attention1d(q, k, v, far(k), far(v), group));
  EXPECT_LE((out - v.mean(1, true)).abs().max().item<double>(), 1e-12);
}

}  // namespace
}  // namespace multipole::test
