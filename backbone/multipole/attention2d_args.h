// What every backend of the 2D attention receives and gives back. The arguments are checked before they get here.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace multipole {

// Shapes: B images, an H x W token grid, cells of r x r tokens, L far levels of Hl x Wl cells, p summaries a cell.
// Any strides, as long as head_dim is contiguous.
struct Attention2dArgs {
  at::Tensor q, k, v;                // (B, H, W, heads, head_dim)
  std::vector<at::Tensor> k_far;     // L times (B, Hl, Wl, p, heads, head_dim), the finest level first
  std::vector<at::Tensor> v_far;     // as k_far
  std::vector<at::Tensor> q_far;     // as k_far (variant "linear"); empty: every token queries every level (log-linear)
  at::Tensor near_bias;              // (heads, 4r-1, 4r-1); undefined: none
  std::vector<at::Tensor> far_bias;  // L times (heads, 7, 7); empty: none
  int64_t cell = 0;                  // r
  double scale = 1;                  // multiplies the query-key products
  at::Tensor k_extra = {};           // (B, E, heads, head_dim): keys that every query sees; undefined: none
  at::Tensor v_extra = {};           // as k_extra
  at::Tensor token_mass = {};        // (B, H, W, heads) of mass_dtype; undefined: 1. As the caller gave it before
                                     // complete_masses() (upward/token_mass.h): also (B, H, W)
  std::vector<at::Tensor> far_mass = {};  // L times (B, Hl, Wl, p, heads) of mass_dtype: the logarithms of the
                                          // summaries' masses; empty: their sub-cells' numbers of tokens
};

// Gradients of the tensors in Attention2dArgs; undefined or empty where that argument was.
struct Attention2dGrads {
  at::Tensor q, k, v;
  std::vector<at::Tensor> k_far;
  std::vector<at::Tensor> v_far;
  std::vector<at::Tensor> q_far;
  at::Tensor near_bias;
  std::vector<at::Tensor> far_bias;
  at::Tensor k_extra = {}, v_extra = {};
  at::Tensor token_mass = {};
  std::vector<at::Tensor> far_mass = {};
};

// Masses and log-sum-exps are float32 for half types, else of the tensors' own dtype.
inline at::ScalarType mass_dtype(at::ScalarType dtype) { return dtype == at::kDouble ? at::kDouble : at::kFloat; }

}  // namespace multipole
