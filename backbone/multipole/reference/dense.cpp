#include "backbone/multipole/reference/dense.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
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

  // Masses of the last key, given by their logarithms (B, heads); -infinity masks it, key and value included.
  void weigh_last(const at::Tensor& log_mass) {
    const at::Tensor masked = log_mass.eq(-std::numeric_limits<double>::infinity());
    scores_.back() = at::where(masked, log_mass, scores_.back() + log_mass.masked_fill(masked, 0));
    values_.back() = values_.back().masked_fill(masked.unsqueeze(-1), 0);
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
      if (args.token_mass.defined()) {
        const at::Tensor mass = at_site(args.token_mass, y, x), taken_out = mass.le(0);
        keys.weigh_last(
            mass.masked_fill(taken_out, 1).log().masked_fill(taken_out, -std::numeric_limits<double>::infinity()));
      }
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
      const bool is_given = !args.far_mass.empty();
      if (!is_given && mass == 0) continue;
      keys.add(query, at_site(k, y, x).select(1, j), at_site(v, y, x).select(1, j), args.scale,
               is_given ? 0 : std::log(static_cast<double>(mass)), bias);
      if (is_given) keys.weigh_last(at_site(args.far_mass[level - 1], y, x).select(1, j));
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
                                any_dtype.scale,
                                to_double(any_dtype.k_extra),
                                to_double(any_dtype.v_extra),
                                to_double(any_dtype.token_mass),
                                to_double(any_dtype.far_mass)};
  std::vector<at::Tensor> rows;
  for (int64_t y = 0; y < args.q.size(1); ++y) {
    std::vector<at::Tensor> row;
    for (int64_t x = 0; x < args.q.size(2); ++x) {
      KeySet keys;
      add_near(args, y, x, keys);
      for (size_t level = 1; level <= args.k_far.size(); ++level) {
        add_far(args, static_cast<int64_t>(level), y, x, keys);
      }
      for (int64_t e = 0; args.k_extra.defined() && e < args.k_extra.size(1); ++e) {
        keys.add(at_site(args.q, y, x), args.k_extra.select(1, e), args.v_extra.select(1, e), args.scale, 0, {});
      }
      row.push_back(keys.attend());
    }
    rows.push_back(at::stack(row, 1));
  }
  return at::stack(rows, 1);
}

}  // namespace multipole::reference
