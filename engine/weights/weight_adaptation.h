// Carries parameters that depend on the grid over to another one: those of attention to another cell size or more
// levels, learned positions to another picture size.
#pragma once

#include <torch/types.h>

#include <map>
#include <optional>
#include <string>

namespace multipole {

struct AdaptedWeight {
  torch::Tensor value;  // in the shape of the model's parameter
  std::string how;
};

// The value for the parameter `name` of the model with the weights `own`, made of `given`; nothing where a plain copy
// is right, or where no rule applies. Rules, for modules that hold multipole2d's parameters:
//   near_bias      token offsets keep their meaning: cut, or continued with the value at the border
//   token_basis    shares of each token spread over the new cell, every summary's sum kept
//   far_bias_l,    taken from the level whose cells are of the same size in tokens, or the nearest one there is
//   merge_basis_l
// and, wherever it stands:
//   positions.weight   resized
//   stem.*.weight,     of a picture's channels, where their number differs: every new one gets the mean of the old
//   patch.weight       ones times old / new number, so that a picture whose channels are alike gives what it gave
std::optional<AdaptedWeight> adapt_weight(const std::string& name, const std::map<std::string, torch::Tensor>& own,
                                          const std::map<std::string, torch::Tensor>& given);

// (heads, 4 c - 1, 4 c - 1) for cells of c tokens -> the same for cells of `cell` tokens.
torch::Tensor resize_near_bias(const torch::Tensor& near_bias, int64_t cell);

// (h, w, channels) -> (rows, columns, channels), bicubic and antialiased.
torch::Tensor resize_positions(const torch::Tensor& positions, int64_t rows, int64_t columns);

// (rank, c, c, channels) -> (rank, cell, cell, channels); sums over a cell stay, so means of sub-cells become means.
torch::Tensor resize_token_basis(const torch::Tensor& token_basis, int64_t cell);

}  // namespace multipole
