// Gradients of the masses of tokens and summaries: written by the kernels by head, given back in the op's shapes.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/cpu/attention2d_params.h"

namespace multipole::cpu {

class MassGradients {
 public:
  // Lets the kernels write the gradients of the masses that `args` has.
  MassGradients(const Attention2dParams& params, const Attention2dArgs& args, Attention2dGradParams& grads);

  // (B, H, W, heads), of the masses themselves.
  at::Tensor token(const at::Tensor& token_mass) const;
  // L times (B, Hl, Wl, p, heads), of their logarithms; none where they were not given.
  std::vector<at::Tensor> far() const;

 private:
  at::Tensor log_token_;         // (B, heads, H, W)
  std::vector<at::Tensor> far_;  // (B, heads, Hl, Wl, p)
};

}  // namespace multipole::cpu
