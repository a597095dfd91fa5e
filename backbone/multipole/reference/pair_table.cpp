#include "backbone/multipole/reference/pair_table.h"

#include <ATen/ATen.h>

#include <limits>

#include "backbone/multipole/quadtree.h"

namespace multipole::reference {
namespace {

// Fills a relation by a rule: visit(query_y, query_x, key_y, key_x) in entries counted from the block's own first
// entry (keys may be negative) returns the bias index, or -1 where the key is not seen.
template <typename Rule>
PairRelation make_relation(const BlockGrid& grid, int64_t entries_y, int64_t entries_x, const at::Device& device,
                           Rule&& rule) {
  const int64_t queries = entries_y * entries_x, keys = grid.neighbours() * queries;
  at::Tensor index = at::empty({queries, keys}, at::kLong);
  int64_t* out = index.data_ptr<int64_t>();
  for (int64_t query_y = 0; query_y < entries_y; ++query_y) {
    for (int64_t query_x = 0; query_x < entries_x; ++query_x) {
      for (int64_t block_y = -grid.y.reach; block_y <= grid.y.reach; ++block_y) {
        for (int64_t block_x = -grid.x.reach; block_x <= grid.x.reach; ++block_x) {
          for (int64_t y = 0; y < entries_y; ++y) {
            for (int64_t x = 0; x < entries_x; ++x) {
              *out++ = rule(query_y, query_x, block_y * entries_y + y, block_x * entries_x + x);
            }
          }
        }
      }
    }
  }
  return {index.ge(0).to(device), index.clamp_min(0).to(device)};
}

}  // namespace

PairRelation near_relation(const BlockGrid& grid, int64_t cell, bool causal, const at::Device& device) {
  return make_relation(grid, grid.y.sites, grid.x.sites, device,
                       [=](int64_t query_y, int64_t query_x, int64_t key_y, int64_t key_x) -> int64_t {
                         if (causal && key_x > query_x) return -1;
                         return near_bias_index(key_y - query_y, key_x - query_x, cell);
                       });
}

PairRelation far_relation(const BlockGrid& grid, bool causal, const at::Device& device) {
  return make_relation(grid, grid.y.cells, grid.x.cells, device,
                       [=](int64_t query_y, int64_t query_x, int64_t key_y, int64_t key_x) -> int64_t {
                         // all keys are children of the parent's neighbours, so the own neighbours are left to exclude
                         if (is_near(query_y, key_y) && is_near(query_x, key_x)) return -1;
                         if (causal && key_x > query_x) return -1;
                         return far_bias_index(key_y - query_y, key_x - query_x);
                       });
}

at::Tensor make_pair_table(const PairRelation& relation, const at::Tensor& bias, const at::TensorOptions& options) {
  const int64_t a = relation.index.size(0), e = relation.index.size(1);
  const at::Tensor table = bias.defined()
                               ? bias.flatten(1).index_select(1, relation.index.flatten()).view({bias.size(0), a, e})
                               : at::zeros({1, a, e}, options);
  return table.masked_fill(relation.seen.logical_not(), -std::numeric_limits<double>::infinity());
}

at::Tensor pair_table_backward(const PairRelation& relation, const at::Tensor& d_table, const at::Tensor& like) {
  // gradients of pairs that are not seen are exact zeros, so they may land on index 0
  return at::zeros({like.size(0), like.size(1) * like.size(2)}, d_table.options())
      .index_add_(1, relation.index.flatten(), d_table.flatten(1))
      .view(like.sizes());
}

}  // namespace multipole::reference
