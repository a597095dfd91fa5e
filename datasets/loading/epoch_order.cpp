#include "datasets/loading/epoch_order.h"

#include <numeric>
#include <utility>

#include "base/sample_random.h"

namespace multipole {

std::vector<int64_t> epoch_order(int64_t size, bool shuffle, uint64_t seed, int64_t epoch) {
  std::vector<int64_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  if (!shuffle) return order;
  SampleRandom random(seed, static_cast<uint64_t>(epoch), 0, RandomStream::kShuffle);
  for (int64_t i = size - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  return order;
}

std::vector<int64_t> share_of_order(const std::vector<int64_t>& order, int64_t batch_size, int64_t share,
                                    int64_t num_shares, bool whole_rounds) {
  std::vector<int64_t> mine;
  const int64_t round = batch_size * num_shares, size = static_cast<int64_t>(order.size());
  const int64_t end = whole_rounds ? size / round * round : size;
  for (int64_t first = share * batch_size; first < end; first += round) {
    mine.insert(mine.end(), order.begin() + first, order.begin() + std::min(first + batch_size, end));
  }
  return mine;
}

}  // namespace multipole
