// Where multipole2d attention over a sequence is full attention, and where it is not.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <string>

#include "backbone/attention/mechanisms/registry.h"
#include "tests/backbone/attention/mechanisms/dense_layer.h"
#include "tests/backbone/attention/mechanisms/sequence_case.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_sequence_case;
using test::SequenceCase;

std::shared_ptr<Attention> full_of(const SequenceCase& c, const Attention& like) {
  auto full = test::random_attention({{"type", "full"}, {"qk_norm", c.qk_norm}}, c.shape());
  torch::NoGradGuard no_grad;
  for (auto& parameter : full->named_parameters()) parameter->copy_(test::parameter_of(like, parameter.key()));
  return full;
}

void expect_is_full(const SequenceCase& c) {
  SCOPED_TRACE(testing::Message() << c);
  auto attention = test::random_attention(c.config, c.shape());
  const auto x = c.tokens();
  const auto grid = c.grid();
  const auto expected = full_of(c, *attention)->forward_sequence(x, grid);
  EXPECT_TRUE(torch::allclose(attention->forward_sequence(x, grid), expected, 1e-8, 1e-8));
}

TEST(Multipole2dExact, IsFullAttentionWhereThereIsNoFarLevel) {
  torch::manual_seed(test::test_seed());
  for (const char* summaries : {"basis", "cluster"}) {
    for (int i = 0; i < 4; ++i) {
      SequenceCase c = random_sequence_case(1, 6, summaries);  // cells of 3, two of them along a side
      c.config["hot"] = test::random_int(0, 5);
      expect_is_full(c);
    }
  }
}

TEST(Multipole2dExact, IsFullAttentionWhereAllTokensAreHot) {
  torch::manual_seed(test::test_seed());
  for (const char* summaries : {"basis", "cluster"}) {
    for (const char* variant : {"linear", "log-linear"}) {
      if (std::string(summaries) == "cluster" && std::string(variant) == "linear") continue;
      SequenceCase c = random_sequence_case(7, 19, summaries);
      c.config["variant"] = variant;
      c.config["hot"] = c.height * c.width + test::random_int(0, 9);
      expect_is_full(c);
    }
  }
}

TEST(Multipole2dExact, IsFullAttentionUpToAsManyTokensAsItIsTold) {
  torch::manual_seed(test::test_seed());
  for (const char* variant : {"linear", "log-linear"}) {
    SequenceCase c = random_sequence_case(10, 19, "basis");
    c.config["variant"] = variant;
    c.config["full_up_to"] = c.height * c.width;
    expect_is_full(c);
    c.config["full_up_to"] = c.height * c.width - 1;
    auto attention = test::random_attention(c.config, c.shape());
    const auto x = c.tokens();
    const auto grid = c.grid();
    EXPECT_FALSE(torch::allclose(attention->forward_sequence(x, grid),
                                 full_of(c, *attention)->forward_sequence(x, grid), 1e-3, 1e-3))
        << c;
  }
}

TEST(Multipole2dExact, IsNotFullAttentionWhereTokensAreSeenFromAfar) {
  torch::manual_seed(test::test_seed());
  for (const char* summaries : {"basis", "cluster"}) {
    SequenceCase c = random_sequence_case(10, 19, summaries);
    c.prefix = 2;
    auto attention = test::random_attention(c.config, c.shape());
    const auto x = c.tokens();
    const auto grid = c.grid();
    const auto actual = attention->forward_sequence(x, grid), full = full_of(c, *attention)->forward_sequence(x, grid);
    EXPECT_TRUE(torch::allclose(actual.slice(1, 0, 2), full.slice(1, 0, 2), 1e-8, 1e-8)) << "prefix queries see all";
    EXPECT_FALSE(torch::allclose(actual.slice(1, 2), full.slice(1, 2), 1e-3, 1e-3)) << c;
  }
}

}  // namespace
}  // namespace multipole
