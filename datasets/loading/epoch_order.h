// The order in which an epoch visits a dataset.
#pragma once

#include <cstdint>
#include <vector>

namespace multipole {

// 0 .. size - 1, in a random order that is a function of (seed, epoch) where `shuffle` is set.
std::vector<int64_t> epoch_order(int64_t size, bool shuffle, uint64_t seed, int64_t epoch);

// The samples of one of `num_shares` processes: of every num_shares batches in a row it takes number `share`. What is
// left behind the last whole round is dealt out in the same way (some then get less than others), or with
// `whole_rounds` goes to nobody.
std::vector<int64_t> share_of_order(const std::vector<int64_t>& order, int64_t batch_size, int64_t share,
                                    int64_t num_shares, bool whole_rounds);

}  // namespace multipole
