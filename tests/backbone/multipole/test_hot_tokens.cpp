// The tokens that get the most attention, and what they are to attention2d.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>
#include <tuple>

#include "backbone/multipole/op.h"
#include "tests/backbone/multipole/op_cases.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

TEST(HotTokens2d, AreThoseOfPlainAttention) {
  for (int i = 0; i < 6; ++i) {
    const int64_t heads = 2, dim = 4, height = 8 * random_int(1, 3), width = random_int(1, 7);
    const Tensor q = torch::randn({1, height, width, heads, dim}, torch::kFloat64), k = torch::randn_like(q) * 3;
    const Tensor mass = torch::ones({1, height, width, heads}, torch::kFloat64);
    mass.slice(1, 0, 1).zero_();
    const Tensor masked = mass.eq(0).unsqueeze(4);
    const int64_t count = random_int(1, (height - 1) * width);
    const Tensor actual =
        hot_tokens2d(q.masked_fill(masked, std::nan("")), k.masked_fill(masked, std::nan("")), count, mass);
    for (int64_t h = 0; h < heads; ++h) {
      Tensor received = torch::zeros({height * width}, torch::kFloat64);
      const Tensor keys = k[0].select(2, h).flatten(0, 1);
      for (int64_t y = 0; y < 8; ++y) {
        for (int64_t x = 0; x < width; ++x) {
          const int64_t side = height / 8, begin = y == 0 ? 1 : y * side;  // the first row is not there
          if (begin >= (y + 1) * side) continue;
          const Tensor query = q[0].slice(0, begin, (y + 1) * side).select(1, x).select(1, h).mean(0);
          Tensor scores = keys.mv(query) / 2;
          scores.slice(0, 0, width).fill_(-std::numeric_limits<double>::infinity());
          received = received + scores.softmax(0);
        }
      }
      const Tensor expected = std::get<0>(std::get<1>(received.topk(count)).sort());
      EXPECT_TRUE(actual[0][h].equal(expected)) << actual << expected;
    }
  }
}

TEST(HotTokens2d, TiesGoToTheLowestIndex) {
  const Tensor x = torch::ones({2, 5, 3, 2, 4});
  EXPECT_TRUE(hot_tokens2d(x, x, 4).equal(torch::arange(4).expand({2, 2, 4})));
}

TEST(HotTokens2d, TakenTokensAreAsInFullAttention) {
  const Tensor q = torch::randn({1, 6, 5, 2, 8}), k = torch::randn_like(q), v = torch::randn_like(q);
  const HotTokens hot = take_hot_tokens(k, v, hot_tokens2d(q, k, 30));
  EXPECT_FALSE(hot.token_mass.any().item<bool>());
  EXPECT_TRUE(hot.k_extra.equal(k.flatten(1, 2)));
  const HotTokens some = take_hot_tokens(k, v, hot_tokens2d(q, k, 7));
  EXPECT_EQ(some.token_mass.sum().item<double>(), 2 * (30 - 7));
  // one cell: near attention alone, which with the tokens taken out sees each of them once
  const auto plain = attention2d(q, k, v, {}, {}, 6);
  const auto with = attention2d(q, k, v, {}, {}, 6, std::nullopt, std::nullopt, std::nullopt, std::nullopt,
                                some.k_extra, some.v_extra, some.token_mass);
  EXPECT_LE(relative_error(std::get<0>(with), std::get<0>(plain)), 1e-5);
}

TEST(HotTokens2d, ErrorsNameTheArgument) {
  const Tensor x = torch::randn({1, 4, 4, 1, 8});
  EXPECT_THROW(hot_tokens2d(x, x, 17), c10::Error);
  EXPECT_THROW(hot_tokens2d(x, x, 2, torch::zeros({1, 4, 4})), c10::Error);
}

}  // namespace
}  // namespace multipole::test
