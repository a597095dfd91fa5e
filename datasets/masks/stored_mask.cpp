#include "datasets/masks/stored_mask.h"

namespace multipole {

torch::Tensor gray_values(const StoredMask& mask) {
  if (!mask.is_colored()) return mask.values;
  const torch::Tensor red = mask.values.select(2, 0);
  const bool is_gray = red.equal(mask.values.select(2, 1)) && red.equal(mask.values.select(2, 2));
  return is_gray ? red.to(torch::kInt) : torch::Tensor();
}

}  // namespace multipole
