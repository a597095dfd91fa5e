// A data set whose samples tell their number, and what a loader makes of it.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "datasets/loading/loader.h"

namespace multipole::test {

inline const Preprocessing kSmall{.image_size = 16, .crop_pct = 1.0};

// Sample i is i everywhere. `fail` may throw for an index before the sample is given.
class NumberedDataset : public Dataset {
 public:
  explicit NumberedDataset(
      int64_t size, std::function<void(int64_t)> fail = [](int64_t) {})
      : size_(size), fail_(std::move(fail)) {}
  int64_t size() const override { return size_; }
  Sample get(int64_t index) const override {
    ++num_reads;
    fail_(index);
    return {torch::full({16, 16, 3}, index % 256, torch::kUInt8), index, {}, path(index)};
  }
  std::string path(int64_t index) const override { return "number/" + std::to_string(index); }
  mutable std::atomic<int64_t> num_reads{0};

 private:
  int64_t size_;
  std::function<void(int64_t)> fail_;
};

inline std::vector<Batch> run_epoch(Loader& loader, int64_t epoch, int64_t first_batch = 0) {
  std::vector<Batch> batches;
  loader.start_epoch(epoch, first_batch);
  while (auto batch = loader.next()) batches.push_back(std::move(*batch));
  return batches;
}

inline std::vector<int64_t> indices_of(const std::vector<Batch>& batches) {
  std::vector<int64_t> indices;
  for (const auto& batch : batches) indices.insert(indices.end(), batch.indices.begin(), batch.indices.end());
  return indices;
}

}  // namespace multipole::test
