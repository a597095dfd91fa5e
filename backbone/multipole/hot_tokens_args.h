// What every backend of hot_tokens2d receives. The arguments are checked before they get here.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace multipole {

// Mean queries of an axis, at most.
constexpr int64_t kPooledSide = 8;

struct HotTokens2dArgs {
  at::Tensor q, k;  // (B, H, W, heads, head_dim)
  int64_t count = 0;
  at::Tensor token_mass = {};  // (B, H, W) or (B, H, W, heads); undefined: 1
  double scale = 1;
};

}  // namespace multipole
