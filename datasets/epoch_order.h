// The order in which an epoch visits a dataset.
#pragma once

#include <cstdint>
#include <vector>

namespace multipole {

// 0 .. size - 1, in a random order that is a function of (seed, epoch) where `shuffle` is set.
std::vector<int64_t> epoch_order(int64_t size, bool shuffle, uint64_t seed, int64_t epoch);

}  // namespace multipole
