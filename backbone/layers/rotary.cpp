#include "backbone/layers/rotary.h"

namespace multipole {

torch::Tensor apply_rotary(const torch::Tensor& x, const torch::Tensor& table) {
  const int64_t tokens = table.size(1), prefix = x.size(2) - tokens;
  TORCH_CHECK(prefix >= 0 && table.size(2) == x.size(3) && x.size(3) % 2 == 0, "rotary positions of ", tokens,
              " tokens of ", table.size(2), " channels for a sequence ", x.sizes());
  const auto placed = x.narrow(2, prefix, tokens);
  const auto halves = placed.chunk(2, -1);
  const auto turned = placed * table[0] + torch::cat({-halves[1], halves[0]}, -1) * table[1];
  return torch::cat({x.narrow(2, 0, prefix), turned.to(x.scalar_type())}, 2);
}

}  // namespace multipole
