// A stream's batches on the device that trains.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "datasets/batch_stream.h"

namespace multipole {

// For the CPU, batches as the stream gives them. For a GPU, inputs and masks are copied there from pinned memory on a
// stream of their own, one batch ahead: while the device works on a batch, the next one is on its way.
class DeviceFeed {
 public:
  // `stream` outlives this object. Labels stay on the CPU, where they are checked.
  DeviceFeed(BatchStream& stream, torch::Device device);
  ~DeviceFeed();
  DeviceFeed(const DeviceFeed&) = delete;
  DeviceFeed& operator=(const DeviceFeed&) = delete;

  // As BatchStream's. What the stream throws while it reads ahead is thrown by the call that would have given that
  // batch.
  void start_epoch(int64_t epoch, int64_t first_batch = 0);
  std::optional<Batch> next();

 private:
  struct Ahead;
  std::unique_ptr<Ahead> read_ahead();

  BatchStream& stream_;
  torch::Device device_;
  std::unique_ptr<Ahead> ahead_;  // of a GPU; null before the first batch
};

}  // namespace multipole
