#include "tests/support/dense_oracle.h"

#include <cmath>
#include <limits>

namespace multipole::test {
namespace {

using torch::Tensor;
using torch::indexing::Slice;

constexpr double kMasked = -std::numeric_limits<double>::infinity();

// (B, ..., heads, d) -> (B, heads, tokens, d)
Tensor flat(const Tensor& x) { return x.flatten(1, x.dim() - 3).transpose(1, 2); }

// Row and column of every site of a grid, row-major.
Tensor rows_of(int64_t height, int64_t width) { return torch::arange(height).repeat_interleave(width); }
Tensor columns_of(int64_t height, int64_t width) { return torch::arange(width).repeat({height}); }

Tensor floor_div(const Tensor& x, int64_t divisor) { return torch::floor_divide(x, divisor); }

// (queries, keys) bool: cells at most one apart on an axis.
Tensor near(const Tensor& query, const Tensor& key) { return (query.unsqueeze(1) - key.unsqueeze(0)).abs().le(1); }

Tensor near_pairs(const Tensor& query_y, const Tensor& query_x, const Tensor& key_y, const Tensor& key_x) {
  return near(query_y, key_y) & near(query_x, key_x);
}

// Interaction list: the parents are neighbours and the cells are not.
Tensor far_pairs(const Tensor& query_y, const Tensor& query_x, const Tensor& key_y, const Tensor& key_x) {
  return near_pairs(floor_div(query_y, 2), floor_div(query_x, 2), floor_div(key_y, 2), floor_div(key_x, 2)) &
         near_pairs(query_y, query_x, key_y, key_x).logical_not();
}

// The level-1 sub-cell of every token of an axis, counted over the axis.
Tensor level1_subcells(const Tensor& tokens, int64_t cell, int64_t s) {
  const std::vector<int64_t> bounds = oracle_subcell_bounds(cell, s);
  Tensor place = torch::zeros_like(tokens);
  for (int64_t j = 1; j < s; ++j) place = place + torch::remainder(tokens, cell).ge(bounds[j]);
  return floor_div(tokens, cell) * s + place;
}

int64_t side_of(int64_t rank) { return std::lround(std::sqrt(static_cast<double>(rank))); }

// bias (heads, side, side) at offsets key - query, clamped where the pair is masked anyway: (heads, queries, keys)
Tensor bias_at(const Tensor& bias, const Tensor& query_y, const Tensor& query_x, const Tensor& key_y,
               const Tensor& key_x) {
  const int64_t middle = bias.size(1) / 2;
  const Tensor y = (key_y.unsqueeze(0) - query_y.unsqueeze(1) + middle).clamp(0, 2 * middle);
  const Tensor x = (key_x.unsqueeze(0) - query_x.unsqueeze(1) + middle).clamp(0, 2 * middle);
  return bias.index({Slice(), y, x});
}

// (B, H, W) or (B, H, W, heads) -> (B, H, W, heads), 0 where a token is taken out; gradients flow to the others alone.
Tensor mass_by_head(const Tensor& token_mass, int64_t heads) {
  const Tensor mass = token_mass.dim() == 3 ? token_mass.unsqueeze(3).repeat({1, 1, 1, heads}) : token_mass;
  return torch::where(mass.gt(0), mass, torch::zeros_like(mass));
}

// The masses of a level's sub-cells, (B, Hl, Wl, rank, heads), each the sum over its tokens.
Tensor summed_mass(const Tensor& mass, int64_t cell, int64_t rank, int64_t level) {
  const int64_t height = mass.size(1), width = mass.size(2), s = side_of(rank), side = cell << (level - 1);
  const int64_t rows = (height + side - 1) / side, columns = (width + side - 1) / side;
  const auto membership = [&](int64_t cells, int64_t tokens) {  // (sub-cells, tokens)
    const Tensor own = floor_div(level1_subcells(torch::arange(tokens), cell, s), int64_t{1} << (level - 1));
    return torch::arange(cells * s).unsqueeze(1).eq(own.unsqueeze(0)).to(mass.scalar_type());
  };
  return torch::einsum("yi,xj,bijh->byxh", {membership(rows, height), membership(columns, width), mass})
      .view({mass.size(0), rows, s, columns, s, mass.size(3)})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({mass.size(0), rows, columns, rank, mass.size(3)});
}

// Scores and values (B, heads, keys, d) of keys with masses given by their logarithms (B, heads, keys); keys of
// -infinity are masked whatever they are.
Tensor weigh(const Tensor& scores, const Tensor& log_mass) {
  const Tensor masked = log_mass.eq(kMasked);
  const Tensor log = torch::where(masked, torch::zeros_like(log_mass), log_mass).unsqueeze(2);
  return (scores + log.to(scores.scalar_type())).masked_fill(masked.unsqueeze(2), kMasked);
}
Tensor without_masked(const Tensor& rows, const Tensor& log_mass) {
  return torch::where(log_mass.eq(kMasked).unsqueeze(-1), torch::zeros_like(rows), rows);
}

// log where positive, else -infinity without a gradient
Tensor log_of(const Tensor& mass) {
  return torch::where(mass.gt(0), mass, torch::ones_like(mass)).log().masked_fill(mass.le(0), kMasked);
}

OracleResult joint_softmax(const std::vector<Tensor>& scores, const std::vector<Tensor>& values) {
  const Tensor all = torch::cat(scores, -1);
  return {torch::matmul(all.softmax(-1), torch::cat(values, 2)).transpose(1, 2), all.logsumexp(-1)};
}

}  // namespace

int64_t oracle_num_far_levels(int64_t num_cells) {
  return std::max<int64_t>(0, static_cast<int64_t>(std::ceil(std::log2(static_cast<double>(num_cells)))) - 1);
}

std::vector<int64_t> oracle_subcell_bounds(int64_t side, int64_t s) {
  std::vector<int64_t> bounds;
  for (int64_t j = 0; j <= s; ++j) bounds.push_back(j * side / s);
  return bounds;
}

OracleMass oracle_subcell_mass(int64_t height, int64_t width, int64_t cell, int64_t rank, int64_t level) {
  const int64_t s = side_of(rank), shift = level - 1, side = cell << shift;
  // counts of the sub-cells of one axis among `tokens` tokens, for an axis of `cells` cells
  const auto count = [&](int64_t cells, int64_t tokens) {
    return torch::bincount(floor_div(level1_subcells(torch::arange(tokens), cell, s), int64_t{1} << shift), {},
                           cells * s)
        .to(torch::kFloat64);
  };
  const int64_t rows = (height + side - 1) / side, columns = (width + side - 1) / side;
  const auto by_cell = [&](const Tensor& y, const Tensor& x) {
    return torch::outer(y, x).view({rows, s, columns, s}).permute({0, 2, 1, 3}).reshape({rows, columns, rank});
  };
  return {by_cell(count(rows, height), count(columns, width)),
          by_cell(count(rows, rows * side), count(columns, columns * side))};
}

std::vector<Tensor> oracle_summarize2d(const Tensor& x, const Tensor& token_basis,
                                       const std::vector<Tensor>& merge_basis, int64_t cell, const Tensor& token_mass) {
  if (token_mass.defined()) {
    // tokens times their masses; a summary is divided by the share of mass where it was by the share of tokens
    const int64_t heads = token_mass.dim() == 3 ? 1 : token_mass.size(3);
    const Tensor mass = mass_by_head(token_mass, heads), tokens = x.unflatten(3, {heads, -1});
    const Tensor weighed =
        torch::where(mass.gt(0).unsqueeze(-1), tokens * mass.unsqueeze(-1), torch::zeros_like(tokens));
    std::vector<Tensor> summaries = oracle_summarize2d(weighed.flatten(3), token_basis, merge_basis, cell);
    for (size_t i = 0; i < summaries.size(); ++i) {
      const int64_t rank = token_basis.size(0), level = static_cast<int64_t>(i) + 1;
      const Tensor sum = summed_mass(mass, cell, rank, level);
      const Tensor count = oracle_subcell_mass(x.size(1), x.size(2), cell, rank, level).mass.unsqueeze(-1);
      const Tensor ratio =
          torch::where(sum.gt(0), count / torch::where(sum.gt(0), sum, torch::ones_like(sum)), torch::zeros_like(sum));
      summaries[i] = (summaries[i].unflatten(4, {heads, -1}) * ratio.unsqueeze(-1)).flatten(4);
    }
    return summaries;
  }
  const int64_t batch = x.size(0), channels = x.size(3), rank = token_basis.size(0);
  const auto pad_to = [](const Tensor& grid, int64_t multiple) {
    const int64_t down = (multiple - grid.size(1) % multiple) % multiple;
    const int64_t right = (multiple - grid.size(2) % multiple) % multiple;
    std::vector<int64_t> padding(2 * static_cast<size_t>(grid.dim() - 3), 0);
    padding.insert(padding.end(), {0, right, 0, down});
    return torch::constant_pad_nd(grid, padding);
  };
  const Tensor padded = pad_to(x, cell);
  const int64_t rows = padded.size(1) / cell, columns = padded.size(2) / cell;
  Tensor raw =
      torch::einsum("byixjc,pijc->byxpc", {padded.view({batch, rows, cell, columns, cell, channels}), token_basis});
  std::vector<Tensor> summaries;
  for (int64_t level = 1; level <= static_cast<int64_t>(merge_basis.size()) + 1; ++level) {
    if (level > 1) {
      const Tensor pairs = pad_to(raw, 2);
      raw = torch::einsum(
          "byixjqc,pijqc->byxpc",
          {pairs.view({batch, pairs.size(1) / 2, 2, pairs.size(2) / 2, 2, rank, channels}), merge_basis[level - 2]});
    }
    const OracleMass counts = oracle_subcell_mass(x.size(1), x.size(2), cell, rank, level);
    const Tensor inverse = torch::where(counts.mass.gt(0), counts.full / counts.mass, torch::zeros_like(counts.mass));
    summaries.push_back(raw * inverse.unsqueeze(-1));
  }
  return summaries;
}

OracleResult oracle_attention2d(const OracleArgs2d& args) {
  const int64_t height = args.q.size(1), width = args.q.size(2), heads = args.q.size(3), r = args.cell;
  const double scale = args.scale.value_or(1 / std::sqrt(static_cast<double>(args.q.size(4))));
  const Tensor y = rows_of(height, width), x = columns_of(height, width);
  const Tensor cell_y = floor_div(y, r), cell_x = floor_div(x, r);
  Tensor near_key = flat(args.k), near_value = flat(args.v), mass_of_tokens, near_log_mass;
  if (args.token_mass.defined()) {
    mass_of_tokens = mass_by_head(args.token_mass, heads);
    near_log_mass = log_of(mass_of_tokens).flatten(1, 2).transpose(1, 2);
    near_key = without_masked(near_key, near_log_mass);
    near_value = without_masked(near_value, near_log_mass);
  }
  Tensor score = torch::matmul(flat(args.q) * scale, near_key.transpose(-1, -2));
  if (near_log_mass.defined()) score = weigh(score, near_log_mass);
  if (args.near_bias.defined()) score = score + bias_at(args.near_bias, y, x, y, x);
  std::vector<Tensor> scores = {score.masked_fill(near_pairs(cell_y, cell_x, cell_y, cell_x).logical_not(), kMasked)};
  std::vector<Tensor> values = {near_value};
  for (size_t i = 0; i < args.k_far.size(); ++i) {
    const int64_t level = static_cast<int64_t>(i) + 1, side = r << i;
    const int64_t rows = args.k_far[i].size(1), columns = args.k_far[i].size(2), rank = args.k_far[i].size(3);
    const int64_t s = side_of(rank);
    Tensor query = args.q;
    if (!args.q_far.empty()) {
      const Tensor sub_y = floor_div(level1_subcells(y, r, s), int64_t{1} << i);
      const Tensor sub_x = floor_div(level1_subcells(x, r, s), int64_t{1} << i);
      const Tensor place = torch::remainder(sub_y, s) * s + torch::remainder(sub_x, s);
      query = args.q_far[i].index({Slice(), floor_div(sub_y, s), floor_div(sub_x, s), place});
      query = query.view(args.q.sizes());
    }
    const Tensor query_y = floor_div(y, side), query_x = floor_div(x, side);
    const Tensor key_y = rows_of(rows, columns), key_x = columns_of(rows, columns);
    const Tensor mass = oracle_subcell_mass(height, width, r, rank, level).mass.flatten();
    Tensor key = flat(args.k_far[i]), value = flat(args.v_far[i]), log_mass;
    if (!args.far_mass.empty()) log_mass = args.far_mass[i];
    if (args.far_mass.empty() && mass_of_tokens.defined())
      log_mass = log_of(summed_mass(mass_of_tokens, r, rank, level));
    if (log_mass.defined()) {
      log_mass = log_mass.flatten(1, 3).transpose(1, 2);
      key = without_masked(key, log_mass);
      value = without_masked(value, log_mass);
    }
    score = torch::matmul(flat(query) * scale, key.transpose(-1, -2));
    score = log_mass.defined() ? weigh(score, log_mass) : score + mass.clamp_min(1).log().to(score.scalar_type());
    if (!args.far_bias.empty()) {
      score = score + bias_at(args.far_bias[i], query_y, query_x, key_y, key_x).repeat_interleave(rank, -1);
    }
    Tensor seen = far_pairs(query_y, query_x, key_y, key_x).repeat_interleave(rank, 1);
    if (!log_mass.defined()) seen = seen & mass.gt(0);
    scores.push_back(score.masked_fill(seen.logical_not(), kMasked));
    values.push_back(value);
  }
  if (args.k_extra.defined()) {
    scores.push_back(torch::matmul(flat(args.q) * scale, args.k_extra.transpose(1, 2).transpose(-1, -2)));
    values.push_back(args.v_extra.transpose(1, 2));
  }
  const OracleResult joint = joint_softmax(scores, values);
  return {joint.out.reshape(args.q.sizes()), joint.lse.reshape({args.q.size(0), heads, height, width})};
}

OracleResult oracle_attention1d(const Tensor& q, const Tensor& k, const Tensor& v, const std::vector<Tensor>& k_far,
                                const std::vector<Tensor>& v_far, int64_t group, bool causal) {
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  const Tensor token = torch::arange(q.size(1)), own_group = floor_div(token, group);
  Tensor seen = near(own_group, own_group);
  if (causal) seen = seen & token.unsqueeze(0).le(token.unsqueeze(1));
  const Tensor query = flat(q) * scale;
  std::vector<Tensor> scores = {
      torch::matmul(query, flat(k).transpose(-1, -2)).masked_fill(seen.logical_not(), kMasked)};
  std::vector<Tensor> values = {flat(v)};
  for (size_t i = 0; i < k_far.size(); ++i) {
    const int64_t width = group << i, rank = k_far[i].size(2);
    const Tensor own = floor_div(token, width), other = torch::arange(k_far[i].size(1));
    seen = near(floor_div(own, 2), floor_div(other, 2)) & near(own, other).logical_not();
    if (causal) seen = seen & other.unsqueeze(0).lt(own.unsqueeze(1));
    const Tensor score = torch::matmul(query, flat(k_far[i]).transpose(-1, -2)) +
                         std::log(static_cast<double>(width) / static_cast<double>(rank));
    scores.push_back(score.masked_fill(seen.repeat_interleave(rank, 1).logical_not(), kMasked));
    values.push_back(flat(v_far[i]));
  }
  return joint_softmax(scores, values);
}

Tensor oracle_full_attention(const Tensor& q, const Tensor& k, const Tensor& v) {
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(-1)));
  const Tensor weights = torch::matmul(flat(q) * scale, flat(k).transpose(-1, -2)).softmax(-1);
  return torch::matmul(weights, flat(v)).transpose(1, 2).reshape(q.sizes());
}

}  // namespace multipole::test
