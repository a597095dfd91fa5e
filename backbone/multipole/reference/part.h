// One part of the joint softmax (the near field, or one far level): each block of queries attends to the keys of the
// blocks around it. Parts are computed one after another and joined by log-sum-exp, so that only one is in memory.
#pragma once

#include <ATen/core/Tensor.h>

#include "backbone/multipole/reference/blocks.h"

namespace multipole::reference {

// All tensors are site tensors (B, Y, X, p, heads, d) of one floating dtype; see blocks.h.
struct Part {
  at::Tensor q;           // query sites
  at::Tensor k, v;        // key sites
  at::Tensor key_offset;  // (B or 1, Y, X, p, heads or 1, 1) added to the scores of a key: its log mass, -inf where it
                          // is masked (then k and v must be finite)
  at::Tensor pair_table;  // (heads or 1, A, E): added to the scores of (query entry, key entry): bias, -inf where
                          // masked. A divides a block's queries and E its keys; the entries in one cell share a value.
  BlockGrid query_grid, key_grid;
  double scale;
  bool offset_gradient = false;  // attend_backward gives that of key_offset too
};

// A softmax over some of a query's keys: out (B, Y, X, p, heads, d) and lse (B, Y, X, p, heads, 1), at query sites.
// A query without any key has out = 0 and lse = -inf.
struct Attended {
  at::Tensor out, lse;
};

Attended attend(const Part& part);

// Joins softmaxes over disjoint sets of keys.
Attended merge(const Attended& a, const Attended& b);

// What the backward of a part needs at its query sites. A query site may stand for several tokens t with the joint
// log-sum-exps lse_t (kNoToken where a token sees no key at all), gradients d_out_t and c_t = sum(d_out_t * out_t) -
// d_lse_t: then lse is their minimum, d_out is the sum of w_t d_out_t and c of w_t c_t, with w_t = exp(lse - lse_t)
// <= 1. With p = exp(score - lse) the gradient of a score is p (d_out . v - c). Sites that stand for no token have lse
// = kNoToken and zeros.
struct Upstream {
  at::Tensor d_out;  // (B, Y, X, p, heads, d)
  at::Tensor lse;    // (B, Y, X, p, heads, 1)
  at::Tensor c;      // (B, Y, X, p, heads, 1)
};

// Larger than any score (so that exp(score - kNoToken) is 0), yet differences of two are finite in float32.
inline constexpr double kNoToken = 1e37;

struct PartGrads {
  at::Tensor q, k, v;
  at::Tensor pair_table;  // (heads, A, E)
  at::Tensor key_offset;  // (B, Y, X, p, heads, 1) where Part::offset_gradient says so
};

PartGrads attend_backward(const Part& part, const Upstream& upstream);

}  // namespace multipole::reference
