#include "engine/runtime/tensor_allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/Device.h>
#include <c10/util/Exception.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "engine/runtime/block_pool.h"

namespace multipole {
namespace {

constexpr size_t kAlignment = 64;  // that of LibTorch's own: a cache line, and the longest vector

// A tensor's data lies in a block of malloc or, where blocks are kept, of tensor_blocks(); what it is stands right
// before the data. Every block is reported as LibTorch's own would be: profilers and peak_tensor_bytes() count by that.
class TensorAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    const c10::Device cpu(c10::DeviceType::CPU);
    if (bytes == 0) return {nullptr, cpu};
    const MemoryBlock block = bytes > SIZE_MAX - kMargin ? MemoryBlock{} : take(bytes + kMargin);
    if (block.start == nullptr) c10::profiledCPUMemoryReporter().OutOfMemory(bytes);
    TORCH_CHECK_WITH(OutOfMemoryError, block.start != nullptr, "can't allocate memory: ", bytes, " bytes for a tensor");
    const auto first = reinterpret_cast<uintptr_t>(block.start) + sizeof(MemoryBlock);
    void* const data = reinterpret_cast<void*>((first + kAlignment - 1) / kAlignment * kAlignment);
    block_of(data) = block;
    c10::profiledCPUMemoryReporter().New(data, bytes);
    return {data, data, &give_back, cpu};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }

  void copy_data(void* to, const void* from, size_t bytes) const override { default_copy_data(to, from, bytes); }

 private:
  static constexpr size_t kMargin = sizeof(MemoryBlock) + kAlignment - 1;

  static MemoryBlock& block_of(void* data) { return static_cast<MemoryBlock*>(data)[-1]; }

  // Of malloc's blocks the size is said to be 0.
  static MemoryBlock take(size_t bytes) {
    BlockPool& pool = tensor_blocks();
    if (bytes >= BlockPool::kSmallest && pool.keeps_any()) return pool.take(bytes);
    return {std::malloc(bytes), 0};
  }

  static void give_back(void* data) {
    if (data == nullptr) return;
    c10::profiledCPUMemoryReporter().Delete(data);
    const MemoryBlock block = block_of(data);
    if (block.bytes == 0) {
      std::free(block.start);
    } else {
      tensor_blocks().give_back(block);
    }
  }
};

}  // namespace

void reuse_tensor_memory() {
  static TensorAllocator allocator;  // c10 keeps the pointer for ever
  constexpr uint8_t kAboveLibTorch = 1;
  c10::SetAllocator(c10::DeviceType::CPU, &allocator, kAboveLibTorch);
}

}  // namespace multipole
