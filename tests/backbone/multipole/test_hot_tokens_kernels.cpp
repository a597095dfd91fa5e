// The CPU kernels that choose hot tokens, of every instruction set: against plain attention in float64.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "backbone/multipole/op.h"
#include "backbone/multipole/quadtree.h"
#include "tests/backbone/multipole/each_instruction_set.h"
#include "tests/support/random_source.h"

namespace multipole::test {
namespace {

using torch::Tensor;

struct HotCase {
  Tensor q, k, mass;
  int64_t count;
};

// NaN where a token has no mass.
HotCase random_hot_case(torch::ScalarType dtype) {
  const std::vector<int64_t> grid = {random_int(1, 2), random_int(1, 30), random_int(1, 30), random_int(1, 3)};
  std::vector<int64_t> sizes = grid;
  sizes.push_back(random_int(1, 40));
  HotCase c;
  c.mass = (torch::rand(grid) * 0.9 + 0.1).masked_fill(torch::randint(0, 3, grid).eq(0), 0);
  c.mass.select(1, 0).select(1, 0).fill_(0.5);  // at least one token
  for (Tensor* x : {&c.q, &c.k}) {
    *x = (torch::randn(sizes) * 2).masked_fill(c.mass.eq(0).unsqueeze(4), std::nan("")).to(dtype);
  }
  c.count = random_int(1, c.mass.gt(0).sum(at::IntArrayRef{1, 2}).min().item<int64_t>());
  return c;
}

// What each token of one image and head receives from the mean queries, in float64; -1 where it has no mass.
Tensor received(const HotCase& c, int64_t b, int64_t h) {
  const int64_t height = c.q.size(1), width = c.q.size(2);
  const Tensor mass = c.mass[b].select(2, h).to(torch::kFloat64), masked = mass.eq(0).unsqueeze(2);
  const auto tokens = [&](const Tensor& x) { return x[b].select(2, h).to(torch::kFloat64).masked_fill(masked, 0); };
  const Tensor weighed = tokens(c.q) * mass.unsqueeze(2), keys = tokens(c.k).flatten(0, 1);
  Tensor sum = torch::zeros({height * width}, torch::kFloat64);
  const int64_t rows = std::min<int64_t>(8, height), columns = std::min<int64_t>(8, width);
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t x = 0; x < columns; ++x) {
      const auto area = [&](const Tensor& all) {
        return all.slice(0, y * height / rows, ceil_div((y + 1) * height, rows))
            .slice(1, x * width / columns, ceil_div((x + 1) * width, columns))
            .sum(at::IntArrayRef{0, 1});
      };
      const Tensor total = area(mass);
      if (total.item<double>() == 0) continue;
      const Tensor scores = keys.mv(area(weighed) / total) / std::sqrt(static_cast<double>(c.q.size(4)));
      sum = sum + (scores + mass.flatten().log()).softmax(0);
    }
  }
  return sum.masked_fill(masked.flatten(), -1);
}

TEST(HotTokens2dKernels, ReceiveTheMost) {
  int64_t chosen = 0, exact = 0;
  for (int i = 0; i < 8; ++i) {
    const HotCase c = random_hot_case(i % 3 == 2 ? torch::kBFloat16 : torch::kFloat32);
    SCOPED_TRACE(c10::str(c.q.scalar_type(), " tokens ", c.q.sizes(), " count ", c.count));
    for_each_instruction_set([&] {
      const Tensor actual = hot_tokens2d(c.q, c.k, c.count, c.mass);
      for (int64_t b = 0; b < c.q.size(0); ++b) {
        for (int64_t h = 0; h < c.q.size(3); ++h) {
          const Tensor sum = received(c, b, h), expected = std::get<1>(sum.topk(c.count));
          // a token may stand for another one that receives as much but for rounding
          const double least = sum.index_select(0, expected).min().item<double>();
          EXPECT_GE(sum.index_select(0, actual[b][h]).min().item<double>(), least * (1 - 1e-4) - 1e-12);
          EXPECT_TRUE((actual[b][h].slice(0, 1) > actual[b][h].slice(0, 0, -1)).all().item<bool>());
          chosen += c.count;
          exact += torch::isin(actual[b][h], expected).sum().item<int64_t>();
        }
      }
    });
  }
  EXPECT_GE(exact, chosen - chosen / 100);
}

TEST(HotTokens2dKernels, SameForAnyNumberOfThreadsAndAnyStrides) {
  const int threads = at::get_num_threads();
  const HotCase c = random_hot_case(torch::kFloat32);
  const Tensor both = torch::stack({c.q, c.k}, 3);
  for_each_instruction_set([&] {
    at::set_num_threads(1);
    const Tensor one = hot_tokens2d(c.q, c.k, c.count, c.mass);
    at::set_num_threads(3);
    EXPECT_TRUE(hot_tokens2d(both.select(3, 0), both.select(3, 1), c.count, c.mass).equal(one));
  });
  at::set_num_threads(threads);
}

TEST(HotTokens2dKernels, TiesAndNaNGoToTheLowestIndex) {
  const Tensor same = torch::ones({2, 5, 30, 2, 4});
  const Tensor mass = torch::ones({2, 5, 30});
  mass.select(1, 0).select(1, 1).zero_();
  const auto expect_first = [&](const Tensor& q, const Tensor& k) {
    EXPECT_TRUE(hot_tokens2d(q, k, 4).equal(torch::arange(4).expand({2, 2, 4})));
    const Tensor without = hot_tokens2d(q, k, 4, mass);
    EXPECT_TRUE(without.equal(torch::tensor({0, 2, 3, 4}, torch::kLong).expand({2, 2, 4}))) << without;
  };
  const auto check = [&] {
    expect_first(same, same);
    Tensor defect = torch::randn_like(same);
    defect.select(1, 3).select(1, 7).fill_(std::nan(""));
    expect_first(defect, torch::randn_like(same));
    expect_first(torch::randn_like(same), defect);
  };
  for_each_instruction_set(check);
  const ForcedBackend reference(Backend::reference);
  check();
}

}  // namespace
}  // namespace multipole::test
