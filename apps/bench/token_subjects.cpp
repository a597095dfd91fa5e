#include "apps/bench/token_subjects.h"

#include <ATen/ops/randn.h>
#include <torch/types.h>

#include <algorithm>
#include <string>

#include "apps/bench/op_calls.h"
#include "backbone/multipole/op.h"
#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

constexpr int64_t kLloydSteps = 4, kHotTokens = 64, kMostQueries = 8;

// At least one, where the near field is the whole grid.
int64_t cluster_levels(const OpCase& p) { return std::max<int64_t>(1, num_far_levels_2d(p.height, p.width, p.cell)); }

// Of a key and a mean. Counted as three quarters: a distance is a subtraction and a multiply-add a channel, where a
// pair of attention has two multiply-adds.
double pairs_of_clusters(const OpCase& p) {
  double points = 0;
  for (int64_t level = 1; level <= cluster_levels(p); ++level) {
    const int64_t below = level - 1;
    points +=
        below == 0
            ? static_cast<double>(p.tokens())
            : static_cast<double>(level_cells(below, p.height, p.cell) * level_cells(below, p.width, p.cell) * p.rank);
  }
  return 0.75 * points * static_cast<double>(p.rank * kLloydSteps);
}

// Of a mean query and a key. Counted as a half: no product with the values.
double pairs_of_mean_queries(const OpCase& p) {
  return 0.5 * static_cast<double>(std::min(kMostQueries, p.height) * std::min(kMostQueries, p.width) * p.tokens());
}

at::Tensor grid_of_tokens(const OpCase& p) {
  return at::randn({p.batch, p.height, p.width, p.heads, p.head_dim}, options_of(p));
}

std::string any_grid(const OpCase&) { return ""; }

OpCalls prepare_clusters(const OpCase& p) {
  OpCalls calls;
  calls.forward = [p, k = grid_of_tokens(p), v = grid_of_tokens(p)] {
    const torch::NoGradGuard no_grad;
    cluster2d(k, v, p.cell, p.rank, cluster_levels(p), std::nullopt, kLloydSteps);
  };
  return calls;
}

OpCalls prepare_hot_tokens(const OpCase& p) {
  OpCalls calls;
  calls.forward = [p, q = grid_of_tokens(p), k = grid_of_tokens(p)] {
    hot_tokens2d(q, k, std::min(kHotTokens, p.tokens()));
  };
  return calls;
}

}  // namespace

OpSubject clusters_subject() {
  return {"cluster2d",
          "clustered summaries of keys and values, 4 Lloyd steps a level",
          pairs_of_clusters,
          streamed_bytes,
          any_grid,
          prepare_clusters,
          true};
}

OpSubject hot_tokens_subject() {
  return {"hot_tokens2d",
          "the 64 tokens of each head that get the most attention",
          pairs_of_mean_queries,
          streamed_bytes,
          any_grid,
          prepare_hot_tokens,
          true};
}

}  // namespace multipole
