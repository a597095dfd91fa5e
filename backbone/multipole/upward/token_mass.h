// Token masses: how much of each token counts. What follows from them for the masses of summaries, for attention2d's
// arguments and for the upward pass; backends then see masses of one form, or none.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/summarize_args.h"

namespace multipole {

// The tokens or masses that count for nothing: 0 or less. NaN is not among them, so that it shows.
at::Tensor is_taken_out(const at::Tensor& mass);

// The masses of the sub-cells of an H x W grid at `levels` levels.
struct MassGrid {
  int64_t height, width, cell, rank, levels;
};

// (B, H, W, heads) -> L tensors (B, Hl, Wl, rank, heads), the sums of the masses of each sub-cell.
std::vector<at::Tensor> sum_masses(const at::Tensor& token_mass, const MassGrid& grid);
// Its adjoint: (B, H, W, heads).
at::Tensor sum_masses_backward(const std::vector<at::Tensor>& d_sums, const MassGrid& grid);

// The same arguments in the form that backends take: token_mass by head, and with it far_mass.
Attention2dArgs complete_masses(const Attention2dArgs& args);
// The gradients of `args` from those of `complete`, which complete_masses() made of it.
Attention2dGrads reduce_mass_grads(const Attention2dArgs& args, const Attention2dArgs& complete,
                                   Attention2dGrads grads);

// The upward pass of tokens with masses, made of the pass without: `forward` and `backward` run that one.
using SummarizeForward = std::function<std::vector<at::Tensor>(const Summarize2dArgs&)>;
using SummarizeBackward =
    std::function<Summarize2dGrads(const Summarize2dArgs&, const std::vector<at::Tensor>& d_summaries)>;
std::vector<at::Tensor> summarize_masses(const Summarize2dArgs& args, const SummarizeForward& forward);
Summarize2dGrads summarize_masses_backward(const Summarize2dArgs& args, const std::vector<at::Tensor>& d_summaries,
                                           const SummarizeForward& forward, const SummarizeBackward& backward);

}  // namespace multipole
