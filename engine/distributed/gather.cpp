#include "engine/distributed/gather.h"

#include <torch/utils.h>

#include <cstring>

namespace multipole {

// As a sum, each process's bytes in a place of their own: results are short, and no other exchange is needed.
std::vector<std::string> gather_at_first(const ProcessGroup& group, const std::string& bytes) {
  if (group.size() == 1) return {bytes};
  const torch::NoGradGuard no_grad;
  torch::Tensor sizes = torch::zeros({group.size()}, torch::kInt64);
  sizes[group.process_rank()] = static_cast<int64_t>(bytes.size());
  group.sum(sizes);
  torch::Tensor all = torch::zeros({sizes.sum().item<int64_t>()}, torch::kByte);
  if (all.numel() > 0) {
    const auto begin = sizes.slice(0, 0, group.process_rank()).sum().item<int64_t>();
    std::memcpy(all.data_ptr<uint8_t>() + begin, bytes.data(), bytes.size());
    group.sum(all);
  }
  std::vector<std::string> parts;
  const auto* next = reinterpret_cast<const char*>(all.data_ptr());
  for (int64_t rank = 0; group.is_first() && rank < group.size(); ++rank) {
    const auto size = sizes[rank].item<int64_t>();
    parts.emplace_back(next, next + size);
    next += size;
  }
  return parts;
}

int64_t value_of_first(const ProcessGroup& group, int64_t value) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor tensor = torch::full({1}, value, torch::kInt64);
  group.broadcast({tensor});
  return tensor.item<int64_t>();
}

}  // namespace multipole
