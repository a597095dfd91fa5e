#include "backbone/attention/attention.h"

#include <torch/utils.h>

#include <utility>

#include "backbone/layers/token_mass.h"

namespace multipole {

torch::Tensor Attention::forward_sequence(torch::Tensor x, const SequenceGrid& grid) {
  TORCH_CHECK(x.size(1) == grid.height * grid.width && !grid.rotary.defined(),
              "this attention takes the tokens of a grid, without rotary positions, and no others: expected ",
              grid.height * grid.width, " tokens, got ", x.size(1));
  auto tokens = x.unflatten(1, {grid.height, grid.width});
  x.reset();
  const auto mass = counted_mass(grid.token_mass);
  auto out = mass.defined() ? forward_masked(std::move(tokens), mass) : forward(std::move(tokens));
  return out.flatten(1, 2);
}

torch::Tensor Attention::forward_masked(torch::Tensor, const torch::Tensor&) {
  TORCH_CHECK(false, "this attention takes no token masses");
}

torch::Tensor Attention::sequence_mass(const SequenceGrid& grid, int64_t prefix) {
  const auto mass = counted_mass(grid.token_mass);
  if (!mass.defined()) return mass;
  TORCH_CHECK(mass.dim() == 3 && mass.size(1) == grid.height && mass.size(2) == grid.width, "token_mass: expected (B, ",
              grid.height, ", ", grid.width, "), got ", mass.sizes());
  return torch::cat({torch::ones({mass.size(0), prefix}, mass.options()), mass.flatten(1)}, 1);
}

}  // namespace multipole
