#include "datasets/epoch_order.h"

#include <numeric>
#include <utility>

#include "datasets/sample_random.h"

namespace multipole {

std::vector<int64_t> epoch_order(int64_t size, bool shuffle, uint64_t seed, int64_t epoch) {
  std::vector<int64_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  if (!shuffle) return order;
  SampleRandom random(seed, static_cast<uint64_t>(epoch), 0, RandomStream::kShuffle);
  for (int64_t i = size - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  return order;
}

}  // namespace multipole
