// Batches in parts that fit into memory.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/dataset.h"

namespace multipole {

// The batches in their order, each cut into parts of at most `most` samples. Tensors of the parts are views. Empty
// batches stay. Files that could not be read stay with the first part.
std::vector<Batch> split_batches(const std::vector<Batch>& batches, int64_t most);

int64_t largest_batch(const std::vector<Batch>& batches);

}  // namespace multipole
