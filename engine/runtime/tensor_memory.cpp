#include "engine/runtime/tensor_memory.h"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <memory>

namespace multipole {
namespace {

// Hears of every allocation (positive size) and every release (negative) of the allocators, as a profiler would.
class AllocationListener : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t alloc_size, size_t, size_t, c10::Device) override {
    held_ += alloc_size;
    peak_ = std::max(peak_, held_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t peak() const { return peak_; }

 private:
  int64_t held_ = 0, peak_ = 0;
};

}  // namespace

int64_t peak_tensor_bytes(const std::function<void()>& work) {
  const auto listener = std::make_shared<AllocationListener>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, listener);
  work();
  return listener->peak();
}

}  // namespace multipole
