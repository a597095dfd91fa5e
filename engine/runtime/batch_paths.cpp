#include "engine/runtime/batch_paths.h"

namespace multipole {

std::string list_paths(const std::vector<Batch>& batches) {
  constexpr int64_t kListed = 3;
  std::string text;
  int64_t count = 0;
  for (const auto& batch : batches) {
    for (const auto& path : batch.paths) {
      if (++count <= kListed) text += (count > 1 ? ", " : "") + path;
    }
  }
  return count > kListed ? text + " and " + std::to_string(count - kListed) + " more" : text;
}

}  // namespace multipole
