// MRA, quadtree and 1D multipole attention against their definitions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "tests/backbone/attention/mechanisms/dense_layer.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::dense_output;
using test::dense_tokens;
using test::DenseTokens;
using test::parameter_of;

constexpr int64_t kHierarchicalHeads = 2, kHierarchicalDim = 6;
const AttentionShape kShape{.embed_dim = kHierarchicalDim, .num_heads = kHierarchicalHeads, .grid_size = 6};

torch::Tensor full_attention(const Attention& attention, const torch::Tensor& x, bool causal) {
  const auto tokens = dense_tokens(attention, x, kHierarchicalHeads);
  auto scores = torch::matmul(tokens.q, tokens.k.transpose(-1, -2));
  if (causal) {
    const auto after = torch::ones({scores.size(-1), scores.size(-1)}, torch::kBool).triu(1);
    scores = scores.masked_fill(after, test::kUnseen);
  }
  return dense_output(attention, torch::matmul(torch::softmax(scores, -1), tokens.v), x);
}

TEST(MraTest, IsFullAttentionWhereEveryCellIsSeenTokenByToken) {
  torch::manual_seed(test::test_seed());
  const auto attention = test::random_attention({{"type", "mra"}, {"cell", 3}, {"blocks", 100}}, kShape);
  const auto x = torch::randn({2, test::random_int(1, 10), test::random_int(1, 10), kHierarchicalDim}, torch::kFloat64);
  EXPECT_TRUE(torch::allclose(attention->forward(x), full_attention(*attention, x, false), 1e-9, 1e-10)) << x.sizes();
}

// The tokens of each cell of a height x width grid.
std::vector<std::vector<int64_t>> cells_of(int64_t height, int64_t width, int64_t cell) {
  const int64_t cells_x = (width + cell - 1) / cell;
  std::vector<std::vector<int64_t>> cells(((height + cell - 1) / cell) * cells_x);
  for (int64_t i = 0; i < height * width; ++i) cells[i / width / cell * cells_x + i % width / cell].push_back(i);
  return cells;
}

torch::Tensor rows(const torch::Tensor& x, const std::vector<int64_t>& tokens) {
  return x.index_select(0, torch::tensor(tokens, torch::kInt64));
}

// One head of MRA-2: the approximated matrix of weights, block by block; q with the scale in it.
torch::Tensor mra_head(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                       const std::vector<std::vector<int64_t>>& cells, size_t blocks) {
  auto weights = torch::zeros({q.size(0), q.size(0)}, torch::kFloat64);
  for (const auto& query_cell : cells) {
    std::vector<std::pair<double, size_t>> ranked;
    for (size_t j = 0; j < cells.size(); ++j) {
      const double score = (rows(q, query_cell).mean(0) * rows(k, cells[j]).mean(0)).sum().item<double>();
      ranked.emplace_back(-score - std::log(static_cast<double>(cells[j].size())), j);
    }
    std::sort(ranked.begin(), ranked.end());
    for (size_t place = 0; place < ranked.size(); ++place) {
      const auto& key_cell = cells[ranked[place].second];
      const double coarse = (rows(q, query_cell).mean(0) * rows(k, key_cell).mean(0)).sum().item<double>();
      for (const int64_t i : query_cell) {
        for (const int64_t j : key_cell) {
          weights[i][j] = std::exp(place < blocks ? (q[i] * k[j]).sum().item<double>() : coarse);
        }
      }
    }
  }
  return torch::matmul(weights / weights.sum(1, true), v);
}

TEST(MraTest, SeesTheBestCellsTokenByTokenAndTheOthersAsMeans) {
  torch::manual_seed(test::test_seed());
  const int64_t height = 5, width = 7, cell = 2;
  const auto attention = test::random_attention({{"type", "mra"}, {"cell", cell}, {"blocks", 3}}, kShape);
  const auto x = torch::randn({1, height, width, kHierarchicalDim}, torch::kFloat64);
  const DenseTokens tokens = dense_tokens(*attention, x, kHierarchicalHeads);
  std::vector<torch::Tensor> heads;
  for (int64_t h = 0; h < kHierarchicalHeads; ++h) {
    heads.push_back(mra_head(tokens.q[0][h], tokens.k[0][h], tokens.v[0][h], cells_of(height, width, cell), 3));
  }
  const auto expected = dense_output(*attention, torch::stack(heads).unsqueeze(0), x);
  EXPECT_TRUE(torch::allclose(attention->forward(x), expected, 1e-9, 1e-10));
}

TEST(QuadtreeTest, OneLevelIsFullAttention) {
  torch::manual_seed(test::test_seed());
  const auto attention = test::random_attention({{"type", "quadtree"}, {"levels", 1}}, kShape);
  const auto x = torch::randn({2, test::random_int(1, 9), test::random_int(1, 9), kHierarchicalDim}, torch::kFloat64);
  EXPECT_TRUE(torch::allclose(attention->forward(x), full_attention(*attention, x, false), 1e-9, 1e-10)) << x.sizes();
}

struct Grid {
  int64_t height, width;
  torch::Tensor q, k, v;  // (tokens, d), q with the scale in it
};

Grid pooled(const Grid& grid) {
  const auto cells = cells_of(grid.height, grid.width, 2);
  const auto mean = [&](const torch::Tensor& x) {
    std::vector<torch::Tensor> means;
    for (const auto& cell : cells) means.push_back(rows(x, cell).mean(0));
    return torch::stack(means);
  };
  return {(grid.height + 1) / 2, (grid.width + 1) / 2, mean(grid.q), mean(grid.k), mean(grid.v)};
}

// QuadTree-B of one head, token by token from the coarsest grid down.
torch::Tensor quadtree_head(const std::vector<Grid>& pyramid, size_t top_k, const torch::Tensor& weight) {
  std::vector<std::vector<int64_t>> seen;  // what each query of the level sees
  std::vector<torch::Tensor> sum;
  for (auto level = static_cast<int64_t>(pyramid.size()) - 1; level >= 0; --level) {
    const Grid& grid = pyramid[level];
    const auto parent = [&](int64_t i) { return i / grid.width / 2 * ((grid.width + 1) / 2) + i % grid.width / 2; };
    std::vector<std::vector<int64_t>> chosen;
    std::vector<torch::Tensor> results;
    for (int64_t i = 0; i < grid.height * grid.width; ++i) {
      std::vector<int64_t> keys;
      for (int64_t j = 0; j < grid.height * grid.width; ++j) {
        const bool is_seen = seen.empty() || std::ranges::find(seen[parent(i)], parent(j)) != seen[parent(i)].end();
        if (is_seen) keys.push_back(j);
      }
      const auto scores = torch::matmul(rows(grid.k, keys), grid.q[i]);
      auto result = torch::matmul(torch::softmax(scores, 0), rows(grid.v, keys)) * weight[level];
      if (!sum.empty()) result = result + sum[parent(i)];
      results.push_back(result);
      const auto best = std::get<1>(scores.topk(std::min<int64_t>(top_k, keys.size())));
      auto& picked = chosen.emplace_back();
      for (int64_t j = 0; j < best.numel(); ++j) picked.push_back(keys[best[j].item<int64_t>()]);
    }
    seen = chosen;
    sum = results;
  }
  return torch::stack(sum);
}

TEST(QuadtreeTest, FollowsTheBestKeysDown) {
  torch::manual_seed(test::test_seed());
  const int64_t height = test::random_int(5, 9), width = test::random_int(5, 9);
  const auto attention = test::random_attention({{"type", "quadtree"}, {"levels", 3}, {"top_k", 2}}, kShape);
  const auto x = torch::randn({1, height, width, kHierarchicalDim}, torch::kFloat64);
  const DenseTokens tokens = dense_tokens(*attention, x, kHierarchicalHeads);
  const auto weight = torch::softmax(parameter_of(*attention, "level_weight"), 0);
  std::vector<torch::Tensor> heads;
  for (int64_t h = 0; h < kHierarchicalHeads; ++h) {
    std::vector<Grid> pyramid = {{height, width, tokens.q[0][h], tokens.k[0][h], tokens.v[0][h]}};
    for (int level = 1; level < 3; ++level) pyramid.push_back(pooled(pyramid.back()));
    heads.push_back(quadtree_head(pyramid, 2, weight));
  }
  const auto expected = dense_output(*attention, torch::stack(heads).unsqueeze(0), x);
  EXPECT_TRUE(torch::allclose(attention->forward(x), expected, 1e-9, 1e-10)) << x.sizes();
}

// Every query of a sequence of n tokens over its near tokens and far summaries, in one softmax.
torch::Tensor dense_multipole1d(const Attention& attention, const torch::Tensor& x, int64_t group, int64_t rank,
                                int64_t levels, bool causal) {
  const DenseTokens tokens = dense_tokens(attention, x, kHierarchicalHeads);
  const int64_t count = tokens.q.size(2), head_dim = kHierarchicalDim / kHierarchicalHeads;
  const auto out = torch::zeros_like(tokens.q);
  for (int64_t b = 0; b < x.size(0); ++b) {
    for (int64_t h = 0; h < kHierarchicalHeads; ++h) {
      for (int64_t i = 0; i < count; ++i) {
        std::vector<torch::Tensor> scores, values;
        for (int64_t j = 0; j < count; ++j) {
          if (std::abs(i / group - j / group) > 1 || (causal && j > i)) continue;
          scores.push_back((tokens.q[b][h][i] * tokens.k[b][h][j]).sum());
          values.push_back(tokens.v[b][h][j]);
        }
        for (int64_t level = 1; level <= levels; ++level) {
          const int64_t width = group << (level - 1), own = i / width;
          const auto basis = parameter_of(attention, "basis_" + std::to_string(level));  // (rank, width, 2 C)
          for (int64_t other = 0; other * width < count; ++other) {
            if (std::abs(own / 2 - other / 2) > 1 || std::abs(own - other) <= 1 || (causal && other > own)) continue;
            for (int64_t s = 0; s < rank; ++s) {
              const int64_t part = width / rank;
              const auto real = std::clamp<int64_t>(count - other * width - s * part, 0, part);
              if (real == 0) continue;
              auto key = torch::zeros({head_dim}, torch::kFloat64), value = torch::zeros({head_dim}, torch::kFloat64);
              for (int64_t t = 0; t < width && other * width + t < count; ++t) {
                const auto weights = basis[s][t].view({2, kHierarchicalHeads, head_dim});
                key = key + weights[0][h] * tokens.k[b][h][other * width + t];
                value = value + weights[1][h] * tokens.v[b][h][other * width + t];
              }
              const double share = static_cast<double>(real) / static_cast<double>(part);
              scores.push_back((tokens.q[b][h][i] * key).sum() / share + std::log(static_cast<double>(real)));
              values.push_back(value / share);
            }
          }
        }
        out[b][h][i] = torch::matmul(torch::softmax(torch::stack(scores), 0), torch::stack(values));
      }
    }
  }
  return dense_output(attention, out, x);
}

TEST(Multipole1dTest, IsTheJointSoftmaxOfNearTokensAndFarSummaries) {
  torch::manual_seed(test::test_seed());
  for (const bool causal : {false, true}) {
    // 26 to 32 tokens with groups of 4 have two far levels; up to 6 are filling
    const int64_t height = 2, width = test::random_int(13, 16);
    const auto attention =
        test::random_attention({{"type", "multipole1d"}, {"group", 4}, {"rank", 2}, {"causal", causal}}, kShape);
    const auto x = torch::randn({1, height, width, kHierarchicalDim}, torch::kFloat64);
    const auto expected = dense_multipole1d(*attention, x, 4, 2, 2, causal);
    EXPECT_TRUE(torch::allclose(attention->forward(x), expected, 1e-8, 1e-9)) << x.sizes() << causal;
  }
}

TEST(Multipole1dTest, ShortSequencesSeeAll) {
  torch::manual_seed(test::test_seed());
  for (const bool causal : {false, true}) {
    const auto attention = test::random_attention({{"type", "multipole1d"}, {"causal", causal}}, kShape);
    const auto x = torch::randn({2, test::random_int(1, 4), test::random_int(1, 8), kHierarchicalDim}, torch::kFloat64);
    EXPECT_TRUE(torch::allclose(attention->forward(x), full_attention(*attention, x, causal), 1e-9, 1e-10))
        << x.sizes();
  }
}

TEST(ConvBasisTest, WithoutToleranceItIsCausalFullAttention) {
  torch::manual_seed(test::test_seed());
  const auto attention = test::random_attention({{"type", "conv_basis"}, {"tolerance", 0}, {"max_basis", 0}}, kShape);
  const auto x = torch::randn({2, test::random_int(1, 6), test::random_int(1, 8), kHierarchicalDim}, torch::kFloat64);
  EXPECT_TRUE(torch::allclose(attention->forward(x), full_attention(*attention, x, true), 1e-9, 1e-10)) << x.sizes();
}

}  // namespace
}  // namespace multipole
