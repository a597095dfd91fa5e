// Rotary positions (Su et al., RoFormer, arXiv 2104.09864): pairs of channels of a query or key turn by an angle that
// grows with the token's place, so that scores depend on differences of places.
#pragma once

#include <torch/types.h>

namespace multipole {

// x (B, heads, prefix + tokens, head_dim), table (2, tokens, head_dim) of cosines and sines: turns channel i with
// channel i + head_dim / 2 ("rotate half"). Prefix tokens, which have no place, stay.
torch::Tensor apply_rotary(const torch::Tensor& x, const torch::Tensor& table);

}  // namespace multipole
