#include "backbone/multipole/reference/dense.h"

#include <ATen/ATen.h>

#include <cmath>
#include <vector>

#include "backbone/multipole/quadtree.h"

namespace multipole::reference {
namespace {

at::Tensor to_double(const at::Tensor& x) { return x.defined() ? x.to(at::kCPU, at::kDouble) : x; }

std::vector<at::Tensor> to_double(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> converted;
  for (const at::Tensor& x : tensors) converted.push_back(to_double(x));
  return converted;
}

// The keys of one query with what is added to their scores; all of them share one softmax.
class KeySet {
 public:
  // key, value, query: (B, heads, head_dim); bias: (heads) or undefined
  void add(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, double scale, double log_mass,
           const at::Tensor& bias) {
    at::Tensor score = (query * key).sum(-1) * scale + log_mass;
    scores_.push_back(bias.defined() ? score + bias : score);
    values_.push_back(value);
  }

  // (B, heads, head_dim)
  at::Tensor attend() const {
    const at::Tensor weights = at::stack(scores_, -1).softmax(-1);
    return (weights.unsqueeze(-1) * at::stack(values_, -2)).sum(-2);
  }

 private:
  std::vector<at::Tensor> scores_, values_;
};

at::Tensor at_site(const at::Tensor& grid, int64_t y, int64_t x) { return grid.select(1, y).select(1, x); }

void add_near(const Attention2dArgs& args, int64_t query_y, int64_t query_x, KeySet& keys) {
  for (int64_t y = 0; y < args.q.size(1); ++y) {
    for (int64_t x = 0; x < args.q.size(2); ++x) {
      if (!is_near(y / args.cell, query_y / args.cell) || !is_near(x / args.cell, query_x / args.cell)) continue;
      at::Tensor bias;
      if (args.near_bias.defined()) {
        bias = args.near_bias.flatten(1).select(1, near_bias_index(y - query_y, x - query_x, args.cell));
      }
      keys.add(at_site(args.q, query_y, query_x), at_site(args.k, y, x), at_site(args.v, y, x), args.scale, 0, bias);
    }
  }
}

void add_far(const Attention2dArgs& args, int64_t level, int64_t query_y, int64_t query_x, KeySet& keys) {
  const at::Tensor &k = args.k_far[level - 1], &v = args.v_far[level - 1];
  const int64_t height = args.q.size(1), width = args.q.size(2), s = subcells_per_side(k.size(3));
  const int64_t cell_y = query_y / level_side(level, args.cell), cell_x = query_x / level_side(level, args.cell);
  at::Tensor query = at_site(args.q, query_y, query_x);
  if (!args.q_far.empty()) {
    const int64_t sub_y = subcell_of_token(query_y, level, args.cell, s) % s;
    const int64_t sub_x = subcell_of_token(query_x, level, args.cell, s) % s;
    query = at_site(args.q_far[level - 1], cell_y, cell_x).select(1, sub_y * s + sub_x);
  }
  for_each_interaction_cell(cell_y, cell_x, k.size(1), k.size(2), [&](int64_t y, int64_t x) {
    at::Tensor bias;
    if (!args.far_bias.empty()) {
      bias = args.far_bias[level - 1].flatten(1).select(1, far_bias_index(y - cell_y, x - cell_x));
    }
    for (int64_t j = 0; j < s * s; ++j) {
      const int64_t mass = subcell_mass(y * s + j / s, level, args.cell, s, height) *
                           subcell_mass(x * s + j % s, level, args.cell, s, width);
      if (mass == 0) continue;
      keys.add(query, at_site(k, y, x).select(1, j), at_site(v, y, x).select(1, j), args.scale,
               std::log(static_cast<double>(mass)), bias);
    }
  });
}

}  // namespace

at::Tensor dense_attention2d(const Attention2dArgs& any_dtype) {
  const Attention2dArgs args = {to_double(any_dtype.q),
                                to_double(any_dtype.k),
                                to_double(any_dtype.v),
                                to_double(any_dtype.k_far),
                                to_double(any_dtype.v_far),
                                to_double(any_dtype.q_far),
                                to_double(any_dtype.near_bias),
                                to_double(any_dtype.far_bias),
                                any_dtype.cell,
                                any_dtype.scale};
  std::vector<at::Tensor> rows;
  for (int64_t y = 0; y < args.q.size(1); ++y) {
    std::vector<at::Tensor> row;
    for (int64_t x = 0; x < args.q.size(2); ++x) {
      KeySet keys;
      add_near(args, y, x, keys);
      for (size_t level = 1; level <= args.k_far.size(); ++level) {
        add_far(args, static_cast<int64_t>(level), y, x, keys);
      }
      row.push_back(keys.attend());
    }
    rows.push_back(at::stack(row, 1));
  }
  return at::stack(rows, 1);
}

}  // namespace multipole::reference
