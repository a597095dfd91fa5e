#include "backbone/multipole/reference/extra_keys.h"

#include <ATen/ATen.h>

namespace multipole::reference {
namespace {

// (B, ..., heads, d) -> (B, heads, all sites, d)
at::Tensor by_head(const at::Tensor& sites) { return sites.flatten(1, -3).transpose(1, 2); }

// Inverse of by_head, for sites (B, H, W, heads, .) like `q`.
at::Tensor as_tokens(const at::Tensor& rows, const at::Tensor& q) {
  return rows.transpose(1, 2).unflatten(1, {q.size(1), q.size(2)});
}

// (B, heads, queries, E)
at::Tensor scores_of(const ExtraKeys& extra) {
  return at::matmul(by_head(extra.q) * extra.scale, by_head(extra.k).transpose(-1, -2));
}

}  // namespace

Attended attend(const ExtraKeys& extra) {
  const at::Tensor scores = scores_of(extra);
  const at::Tensor out = at::matmul(scores.softmax(-1), by_head(extra.v));
  return {as_tokens(out, extra.q).unsqueeze(3), as_tokens(scores.logsumexp({-1}, true), extra.q).unsqueeze(3)};
}

ExtraKeyGrads attend_backward(const ExtraKeys& extra, const Upstream& upstream) {
  const at::Tensor d_out = by_head(upstream.d_out);
  const at::Tensor weights = (scores_of(extra) - by_head(upstream.lse)).exp_();
  const at::Tensor d_scores =
      at::matmul(d_out, by_head(extra.v).transpose(-1, -2)).sub_(by_head(upstream.c)).mul_(weights).mul_(extra.scale);
  return {as_tokens(at::matmul(d_scores, by_head(extra.k)), extra.q),
          at::matmul(d_scores.transpose(-1, -2), by_head(extra.q)).transpose(1, 2),
          at::matmul(weights.transpose(-1, -2), d_out).transpose(1, 2)};
}

}  // namespace multipole::reference
