// How much each token counts, from 0 to 1: what layers make of token masses. A token of mass 0 is masked: it stands for
// no data and leaves no trace in any other, whatever it holds, NaN included.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace multipole {

// `mass`, or an undefined tensor where it is one or where every token counts in full: then layers do what they do
// without masses, to the bit.
torch::Tensor counted_mass(const torch::Tensor& mass);

// (B, H, W) -> (B, ceil(H / factor), ceil(W / factor)): the largest mass in each block. A token counts as soon as one
// of its pixels does, as the partial tokens at the border of a picture do; so what borders on no data is what ends
// there.
torch::Tensor coarsen_mass(const torch::Tensor& mass, int64_t factor);

// x (..., C) with masked tokens zero; mass (...) or undefined, which gives x.
torch::Tensor zero_masked(torch::Tensor x, const torch::Tensor& mass);

// What is added to scores so that keys count by their masses: mass (..., keys) -> its logarithm. Where no key has any,
// zeros, so that the results, which nobody reads, and their gradients stay numbers.
torch::Tensor mass_bias(const torch::Tensor& mass);

// The mean of tokens (B, H, W, C) by mass (B, H, W) -> (B, C); 0 for a picture without any.
torch::Tensor mean_by_mass(const torch::Tensor& tokens, const torch::Tensor& mass);

}  // namespace multipole
