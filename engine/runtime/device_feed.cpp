#include "engine/runtime/device_feed.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <array>
#include <exception>
#include <utility>

namespace multipole {

namespace {

std::array<torch::Tensor*, 3> moved_tensors(Batch& batch) { return {&batch.images, &batch.windows, &batch.masks}; }

}  // namespace

struct DeviceFeed::Ahead {
  explicit Ahead(torch::Device device) : copied(device.type()) {}

  std::optional<Batch> batch;  // none at the epoch's end
  std::exception_ptr error;
  c10::Event copied;  // recorded behind the copies
};

DeviceFeed::DeviceFeed(BatchStream& stream, torch::Device device) : stream_(stream), device_(device) {}
DeviceFeed::~DeviceFeed() = default;

void DeviceFeed::start_epoch(int64_t epoch, int64_t first_batch) {
  ahead_.reset();
  stream_.start_epoch(epoch, first_batch);
}

std::optional<Batch> DeviceFeed::next() {
  if (device_.is_cpu()) return stream_.next();
  auto current = ahead_ ? std::move(ahead_) : read_ahead();
  if (current->error) std::rethrow_exception(current->error);
  if (!current->batch) return std::nullopt;
  ahead_ = read_ahead();
  const c10::Stream computing = c10::impl::VirtualGuardImpl(device_.type()).getStream(device_);
  current->copied.block(computing);
  // allocated on the copies' stream: not to be reused before the work on this one is done
  for (const torch::Tensor* tensor : moved_tensors(*current->batch)) {
    if (tensor->defined()) tensor->record_stream(computing);
  }
  return std::move(current->batch);
}

std::unique_ptr<DeviceFeed::Ahead> DeviceFeed::read_ahead() {
  auto ahead = std::make_unique<Ahead>(device_);
  try {
    ahead->batch = stream_.next();
  } catch (...) {
    ahead->error = std::current_exception();
  }
  if (!ahead->batch) return ahead;
  const c10::Stream copying = c10::impl::VirtualGuardImpl(device_.type()).getStreamFromGlobalPool(device_);
  const c10::StreamGuard guard(copying);
  for (torch::Tensor* tensor : moved_tensors(*ahead->batch)) {
    if (tensor->defined()) *tensor = tensor->pin_memory().to(device_, /*non_blocking=*/true);
  }
  ahead->copied.record(copying);
  return ahead;
}

}  // namespace multipole
