// What every backend of the upward passes receives and gives back. The arguments are checked before they get here.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace multipole {

// Shapes: B images, an H x W token grid, cells of r x r tokens, p summaries a cell, C channels.
struct Summarize2dArgs {
  at::Tensor x;                         // (B, H, W, C)
  at::Tensor token_basis;               // (p, r, r, C)
  std::vector<at::Tensor> merge_basis;  // L - 1 times (p, 2, 2, p, C)
  int64_t cell = 0;                     // r
  at::Tensor token_mass = {};           // (B, H, W) or (B, H, W, heads), C / heads channels each; undefined: 1
};

// Gradients of the tensors in Summarize2dArgs.
struct Summarize2dGrads {
  at::Tensor x, token_basis;
  std::vector<at::Tensor> merge_basis;
  at::Tensor token_mass = {};
};

// Shapes: B sequences of n tokens, groups of m tokens, p summaries a group, C channels.
struct Summarize1dArgs {
  at::Tensor x;                   // (B, n, C)
  std::vector<at::Tensor> basis;  // L times (p, m * 2^(l-1), C)
  int64_t group = 0;              // m
};

// Gradients of the tensors in Summarize1dArgs.
struct Summarize1dGrads {
  at::Tensor x;
  std::vector<at::Tensor> basis;
};

}  // namespace multipole
