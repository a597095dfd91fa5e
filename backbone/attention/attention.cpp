#include "backbone/attention/attention.h"

#include <torch/utils.h>

#include <utility>

namespace multipole {

torch::Tensor Attention::forward_sequence(torch::Tensor x, const SequenceGrid& grid) {
  TORCH_CHECK(x.size(1) == grid.height * grid.width && !grid.rotary.defined(),
              "this attention takes the tokens of a grid, without rotary positions, and no others: expected ",
              grid.height * grid.width, " tokens, got ", x.size(1));
  auto tokens = x.unflatten(1, {grid.height, grid.width});
  x.reset();
  return forward(std::move(tokens)).flatten(1, 2);
}

}  // namespace multipole
