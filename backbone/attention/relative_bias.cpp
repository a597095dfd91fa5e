#include "backbone/attention/relative_bias.h"

namespace multipole {

torch::Tensor window_bias(const torch::Tensor& table, int64_t size) {
  const auto token = torch::arange(size * size, table.options().dtype(torch::kInt64));
  const auto y = token.div(size, "floor"), x = token.remainder(size);
  const auto offset_y = y.unsqueeze(0) - y.unsqueeze(1) + size - 1,
             offset_x = x.unsqueeze(0) - x.unsqueeze(1) + size - 1;
  const auto entry = (offset_y * (2 * size - 1) + offset_x).flatten();
  return table.flatten(1).index_select(1, entry).view({table.size(0), size * size, size * size});
}

}  // namespace multipole
