#include "apps/bench/sequence_subject.h"

#include <ATen/ops/randn.h>

#include <string>
#include <tuple>

#include "apps/bench/op_calls.h"
#include "backbone/multipole/op.h"
#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

int64_t group_of(const OpCase& p) { return p.cell * p.cell; }

int64_t sequence_levels(const OpCase& p) { return num_far_levels(ceil_div(p.tokens(), group_of(p))); }

double pairs_of_sequence(const OpCase& p) { return sequence_pairs(p.tokens(), group_of(p), p.rank); }

std::string why_not_sequence(const OpCase& p) {
  const int64_t levels = sequence_levels(p);
  if (levels == 0 || p.tokens() == group_of(p) << (levels + 1)) return "";
  return "attention1d wants cell^2 tokens times a power of two, or at most twice cell^2";
}

OpCalls prepare_sequence(const OpCase& p) {
  const int64_t levels = sequence_levels(p);
  Tensors inputs;
  for (int i = 0; i < 3; ++i) inputs.push_back(at::randn({p.batch, p.tokens(), p.heads, p.head_dim}, options_of(p)));
  for (int side = 0; side < 2; ++side) {
    for (int64_t level = 1; level <= levels; ++level) {
      const int64_t groups = level_cells(level, p.tokens(), group_of(p));
      inputs.push_back(at::randn({p.batch, groups, p.rank, p.heads, p.head_dim}, options_of(p)));
    }
  }
  const auto attend = [group = group_of(p), count = static_cast<size_t>(levels)](const Tensors& x) {
    return std::get<0>(attention1d(x[0], x[1], x[2], slice(x, 3, count), slice(x, 3 + count, count), group));
  };
  return differentiable(attend, inputs);
}

}  // namespace

OpSubject sequence_subject() {
  return {"attention1d",     "attention1d over the tokens row by row in groups of cell^2, summaries given",
          pairs_of_sequence, streamed_bytes,
          why_not_sequence,  prepare_sequence};
}

}  // namespace multipole
