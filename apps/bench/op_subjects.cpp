#include "apps/bench/op_subjects.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/stack.h>
#include <torch/types.h>

#include <cmath>

#include "apps/bench/op_calls.h"
#include "apps/bench/sequence_subject.h"
#include "apps/bench/token_subjects.h"
#include "backbone/multipole/basis.h"
#include "backbone/multipole/dispatch/dispatch.h"
#include "backbone/multipole/op.h"
#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

at::Tensor random_tokens(const OpCase& p) {
  return at::randn({p.batch, p.height, p.width, p.heads, p.head_dim}, options_of(p));
}

// ------------------------------------------------------------------------------------------------------------- torch's

double all_pairs(const OpCase& p) { return full_pairs(p.height, p.width); }

std::string always(const OpCase&) { return ""; }

OpCalls prepare_sdpa(const OpCase& p) {
  const auto tokens = [&] { return at::randn({p.batch, p.heads, p.tokens(), p.head_dim}, options_of(p)); };
  return differentiable([](const Tensors& x) { return at::scaled_dot_product_attention(x[0], x[1], x[2]); },
                        {tokens(), tokens(), tokens()});
}

double pairs_in_windows(const OpCase& p) { return window_pairs(p.height, p.width, p.window); }

// (B, H, W, heads, head_dim) -> (B x windows, heads, window^2, head_dim), filled up with zeros.
at::Tensor cut_windows(const at::Tensor& x, int64_t window) {
  const int64_t rows = ceil_div(x.size(1), window), columns = ceil_div(x.size(2), window);
  const auto padded =
      at::constant_pad_nd(x, {0, 0, 0, 0, 0, columns * window - x.size(2), 0, rows * window - x.size(1)});
  return padded.view({x.size(0), rows, window, columns, window, x.size(3), x.size(4)})
      .permute({0, 1, 3, 5, 2, 4, 6})
      .reshape({x.size(0) * rows * columns, x.size(3), window * window, x.size(4)});
}

at::Tensor join_windows(const at::Tensor& windows, int64_t window, at::IntArrayRef sizes) {
  const int64_t rows = ceil_div(sizes[1], window), columns = ceil_div(sizes[2], window);
  return windows.view({sizes[0], rows, columns, sizes[3], window, window, sizes[4]})
      .permute({0, 1, 4, 2, 5, 3, 6})
      .reshape({sizes[0], rows * window, columns * window, sizes[3], sizes[4]})
      .narrow(1, 0, sizes[1])
      .narrow(2, 0, sizes[2])
      .contiguous();
}

OpCalls prepare_window(const OpCase& p) {
  const auto attend = [window = p.window](const Tensors& x) {
    const auto out = at::scaled_dot_product_attention(cut_windows(x[0], window), cut_windows(x[1], window),
                                                      cut_windows(x[2], window));
    return join_windows(out, window, x[0].sizes());
  };
  return differentiable(attend, {random_tokens(p), random_tokens(p), random_tokens(p)});
}

// --------------------------------------------------------------------------------------------------------- multipole's

double pairs_of_near_field(const OpCase& p) { return near_pairs(p.grid()); }
double pairs_of_multipole(const OpCase& p) { return near_pairs(p.grid()) + far_pairs(p.grid()); }

Basis2d basis_of(const OpCase& p, int64_t levels) {
  return averaging_basis2d(p.cell, p.rank, levels, p.heads * p.head_dim, options_of(p));
}

// The summaries of every level, heads apart.
Tensors summaries(const OpCase& p, const at::Tensor& tokens, const Basis2d& basis) {
  Tensors levels;
  for (const auto& level : summarize2d(tokens.flatten(3), basis.token_basis, basis.merge_basis, p.cell)) {
    levels.push_back(level.unflatten(-1, {p.heads, p.head_dim}));
  }
  return levels;
}

int64_t levels_of(const OpCase& p) { return num_far_levels_2d(p.height, p.width, p.cell); }

// Queries, keys and values, then every level's summaries of the keys, of the values and, in the linear variant, of the
// queries.
Tensors inputs_with_summaries(const OpCase& p) {
  Tensors inputs = {random_tokens(p), random_tokens(p), random_tokens(p)};
  if (levels_of(p) == 0) return inputs;
  const auto basis = basis_of(p, levels_of(p));
  for (const size_t i : p.linear ? std::vector<size_t>{1, 2, 0} : std::vector<size_t>{1, 2}) {
    for (const auto& level : summaries(p, inputs[i], basis)) inputs.push_back(level);
  }
  return inputs;
}

OpCalls prepare_attention2d(const OpCase& p) {
  const auto attend = [p](const Tensors& x) {
    const auto levels = static_cast<size_t>(levels_of(p));
    const Tensors k_far = slice(x, 3, levels), v_far = slice(x, 3 + levels, levels);
    const Tensors q_far = p.linear ? slice(x, 3 + 2 * levels, levels) : Tensors();
    return std::get<0>(attention2d(x[0], x[1], x[2], k_far, v_far, p.cell,
                                   q_far.empty() ? std::nullopt : std::optional<at::TensorList>(q_far)));
  };
  return differentiable(attend, inputs_with_summaries(p));
}

OpCalls prepare_multipole(const OpCase& p) {
  const int64_t levels = levels_of(p);
  Tensors inputs = {random_tokens(p), random_tokens(p), random_tokens(p)};
  if (levels > 0) {
    const auto basis = basis_of(p, levels);
    inputs.push_back(basis.token_basis);
    inputs.insert(inputs.end(), basis.merge_basis.begin(), basis.merge_basis.end());
  }
  const auto attend = [p, levels](const Tensors& x) {
    Tensors k_far, v_far, q_far;
    if (levels > 0) {
      const Basis2d basis{x[3], slice(x, 4, static_cast<size_t>(levels - 1))};
      k_far = summaries(p, x[1], basis);
      v_far = summaries(p, x[2], basis);
      if (p.linear) q_far = summaries(p, x[0], basis);
    }
    return std::get<0>(attention2d(x[0], x[1], x[2], k_far, v_far, p.cell,
                                   q_far.empty() ? std::nullopt : std::optional<at::TensorList>(q_far)));
  };
  return differentiable(attend, inputs);
}

// Calls one backend below autograd, with or without the far field.
OpCalls on_backend(Backend backend, const OpCase& p, bool far_field) {
  Attention2dArgs args;
  const Tensors inputs =
      far_field ? inputs_with_summaries(p) : Tensors{random_tokens(p), random_tokens(p), random_tokens(p)};
  args.q = inputs[0];
  args.k = inputs[1];
  args.v = inputs[2];
  args.cell = p.cell;
  args.scale = 1 / std::sqrt(static_cast<double>(p.head_dim));
  const auto levels = static_cast<size_t>(far_field ? levels_of(p) : 0);
  args.k_far = slice(inputs, 3, levels);
  args.v_far = slice(inputs, 3 + levels, levels);
  if (p.linear) args.q_far = slice(inputs, 3 + 2 * levels, levels);
  const at::Tensor d_out = at::randn_like(args.q);
  OpCalls calls;
  calls.forward = [backend, args] {
    const torch::NoGradGuard no_grad;
    run_attention2d_on(backend, args);
  };
  calls.forward_backward = [backend, args, d_out] {
    const torch::NoGradGuard no_grad;
    const auto [out, lse] = run_attention2d_on(backend, args);
    run_attention2d_backward_on(backend, args, out, lse, d_out, at::Tensor());
  };
  return calls;
}

Backend fused_backend(const OpCase& p) { return p.device.is_cuda() ? Backend::cuda : Backend::cpu; }

OpCalls prepare_near_field(const OpCase& p) { return on_backend(fused_backend(p), p, /*far_field=*/false); }
OpCalls prepare_reference(const OpCase& p) { return on_backend(Backend::reference, p, /*far_field=*/true); }

std::string why_not_fused(const OpCase& p) {
  Attention2dArgs args;
  args.q = args.k = args.v = at::empty({1, 1, 1, 1, p.head_dim}, options_of(p));
  args.cell = p.cell;
  for (const auto& candidate : attention2d_candidates(args)) {
    if (candidate.backend == fused_backend(p)) return candidate.why_not;
  }
  return "this build has no fused kernels";
}

// Scores, weights, their gradients and masks, over the 16 cells that hold the 9 of a near field.
double stored_score_bytes(const OpCase& p, double pairs) {
  return streamed_bytes(p, pairs) + 6.0 * 16 / 9 * 4 * pairs * static_cast<double>(p.batch * p.heads);
}

}  // namespace

const std::vector<OpSubject>& op_subjects() {
  static const std::vector<OpSubject> subjects = {
      {"sdpa", "torch's scaled_dot_product_attention over all tokens", all_pairs, streamed_bytes, always, prepare_sdpa},
      {"window", "the same in windows that do not overlap, cutting and joining included", pairs_in_windows,
       streamed_bytes, always, prepare_window},
      {"reference", "attention2d in plain ATen, summaries given", pairs_of_multipole, stored_score_bytes, always,
       prepare_reference},
      {"near", "the near field of the fused attention2d alone", pairs_of_near_field, streamed_bytes, why_not_fused,
       prepare_near_field},
      {"attention2d", "attention2d, summaries given", pairs_of_multipole, streamed_bytes, always, prepare_attention2d},
      sequence_subject(),
      {"multipole", "summarize2d and attention2d: all that a layer does between its projections", pairs_of_multipole,
       streamed_bytes, always, prepare_multipole},
      clusters_subject(),
      hot_tokens_subject(),
  };
  return subjects;
}

}  // namespace multipole
