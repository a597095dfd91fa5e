#include "backbone/multipole/op/check_backward.h"

#include "backbone/multipole/op/argument_checker.h"
#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

void check_upstream(const ArgumentChecker& check, const AttentionUpstream& upstream, const at::Tensor& q,
                    const std::vector<int64_t>& lse_sizes, const char* out_dims, const char* lse_dims) {
  const std::vector<int64_t> sizes = concrete_sizes(q);
  check.shape("d_out", upstream.d_out, sizes, out_dims);
  check.shape("out", upstream.out, sizes, out_dims);
  const ArgumentChecker check_lse = check.with_dtype(
      mass_dtype(q.scalar_type()), std::string("a log-sum-exp's where q is ") + c10::toString(q.scalar_type()));
  check_lse.shape("lse", upstream.lse, lse_sizes, lse_dims);
  if (upstream.d_lse.has_value()) check_lse.shape("d_lse", *upstream.d_lse, lse_sizes, lse_dims);
}

}  // namespace

void check_attention2d_backward(const Attention2dArgs& args, const AttentionUpstream& upstream) {
  const std::vector<int64_t> q = concrete_sizes(args.q);
  check_upstream(ArgumentChecker("_attention2d_backward", "q", args.q), upstream, args.q, {q[0], q[3], q[1], q[2]},
                 "(B, H, W, heads, head_dim)", "(B, heads, H, W)");
}

void check_attention1d_backward(const Attention1dArgs& args, const AttentionUpstream& upstream) {
  const std::vector<int64_t> q = concrete_sizes(args.q);
  check_upstream(ArgumentChecker("_attention1d_backward", "q", args.q), upstream, args.q, {q[0], q[2], q[1]},
                 "(B, n, heads, head_dim)", "(B, heads, n)");
}

void check_summarize2d_backward(const Summarize2dArgs& args, at::TensorList d_summaries) {
  const ArgumentChecker check("_summarize2d_backward", "x", args.x);
  const std::vector<int64_t> x = concrete_sizes(args.x);
  const int64_t rank = concrete_sizes(args.token_basis)[0], levels = static_cast<int64_t>(args.merge_basis.size()) + 1;
  check.length("d_summaries", d_summaries, levels, "the levels of token_basis and merge_basis");
  for (int64_t i = 0; i < levels; ++i) {
    check.shape(element_name("d_summaries", i), d_summaries[i],
                {x[0], level_cells(i + 1, x[1], args.cell), level_cells(i + 1, x[2], args.cell), rank, x[3]},
                "(B, Hl, Wl, rank, C)");
  }
}

void check_summarize1d_backward(const Summarize1dArgs& args, at::TensorList d_summaries) {
  const ArgumentChecker check("_summarize1d_backward", "x", args.x);
  const std::vector<int64_t> x = concrete_sizes(args.x);
  check.length("d_summaries", d_summaries, static_cast<int64_t>(args.basis.size()), "as many as basis has");
  for (size_t i = 0; i < args.basis.size(); ++i) {
    const std::vector<int64_t> basis = concrete_sizes(args.basis[i]);
    check.shape(element_name("d_summaries", static_cast<int64_t>(i)), d_summaries[i],
                {x[0], x[1] / basis[1], basis[0], x[2]}, "(B, groups, rank, C)");
  }
}

}  // namespace multipole
