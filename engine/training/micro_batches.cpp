#include "engine/training/micro_batches.h"

#include <algorithm>

namespace multipole {

namespace {

torch::Tensor part_of(const torch::Tensor& tensor, int64_t begin, int64_t end) {
  return tensor.defined() ? tensor.slice(0, begin, end) : tensor;
}

Batch part_of(const Batch& batch, int64_t begin, int64_t end) {
  Batch part;
  part.images = part_of(batch.images, begin, end);
  part.labels = part_of(batch.labels, begin, end);
  part.windows = part_of(batch.windows, begin, end);
  part.masks = part_of(batch.masks, begin, end);
  part.mixed_labels = part_of(batch.mixed_labels, begin, end);
  part.mix_weight = batch.mix_weight;
  part.paths.assign(batch.paths.begin() + begin, batch.paths.begin() + end);
  part.indices.assign(batch.indices.begin() + begin, batch.indices.begin() + end);
  if (begin == 0) part.bad = batch.bad;
  part.number = batch.number;
  return part;
}

}  // namespace

std::vector<Batch> split_batches(const std::vector<Batch>& batches, int64_t most) {
  std::vector<Batch> parts;
  for (const auto& batch : batches) {
    if (batch.size() <= most) {
      parts.push_back(batch);
      continue;
    }
    for (int64_t begin = 0; begin < batch.size(); begin += most) {
      parts.push_back(part_of(batch, begin, std::min(begin + most, batch.size())));
    }
  }
  return parts;
}

int64_t largest_batch(const std::vector<Batch>& batches) {
  int64_t largest = 0;
  for (const auto& batch : batches) largest = std::max(largest, batch.size());
  return largest;
}

}  // namespace multipole
