#include "engine/runtime/block_pool.h"

#include <sys/mman.h>

#include <cstdint>

namespace multipole {
namespace {

constexpr size_t kPage = size_t{1} << 12, kHugePage = size_t{1} << 21;

// A kept block serves where no more than this share of it stays unused.
constexpr size_t kLeastUnused = 8;

size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// With huge pages, where the system has them: a hundredth of the faults, and less looking up of addresses. They do not
// reach beyond the block, so that it takes no more than its bytes.
MemoryBlock map_block(size_t bytes) {
  if (bytes > SIZE_MAX / 2) return {};
  const size_t size = round_up(bytes, kPage), room = size + (size < kHugePage ? 0 : kHugePage);
  void* const mapped = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return {};
  if (room == size) return {mapped, size};
  auto* const first = static_cast<char*>(mapped);
  const auto address = reinterpret_cast<uintptr_t>(mapped);
  const size_t before = round_up(address, kHugePage) - address, after = room - size - before;
  if (before > 0) ::munmap(first, before);
  if (after > 0) ::munmap(first + before + size, after);
  ::madvise(first + before, size / kHugePage * kHugePage, MADV_HUGEPAGE);  // where it fails, pages are small ones
  return {first + before, size};
}

void unmap(const MemoryBlock& block) { ::munmap(block.start, block.bytes); }

}  // namespace

void BlockPool::keep_up_to(size_t bytes) {
  const std::lock_guard lock(mutex_);
  most_ = bytes;
  make_room(0);
}

bool BlockPool::keeps_any() const {
  const std::lock_guard lock(mutex_);
  return most_ > 0;
}

void BlockPool::drop_kept() {
  const std::lock_guard lock(mutex_);
  for (const auto& block : kept_) unmap(block);
  kept_.clear();
  kept_bytes_ = 0;
}

void BlockPool::make_room(size_t more) {
  size_t dropped = 0;
  while (dropped < kept_.size() && in_use_ + kept_bytes_ + more > most_) {
    kept_bytes_ -= kept_[dropped].bytes;
    unmap(kept_[dropped++]);
  }
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(dropped));
}

MemoryBlock BlockPool::take(size_t bytes) {
  const std::lock_guard lock(mutex_);
  auto best = kept_.end();
  for (auto each = kept_.begin(); each != kept_.end(); ++each) {
    const bool fits = each->bytes >= bytes && each->bytes - bytes <= each->bytes / kLeastUnused;
    if (fits && (best == kept_.end() || each->bytes < best->bytes)) best = each;
  }
  MemoryBlock block;
  if (best != kept_.end()) {
    block = *best;
    kept_.erase(best);
    kept_bytes_ -= block.bytes;
  } else {
    make_room(round_up(bytes, kPage));
    block = map_block(bytes);
  }
  in_use_ += block.bytes;
  return block;
}

void BlockPool::give_back(const MemoryBlock& block) {
  const std::lock_guard lock(mutex_);
  in_use_ -= block.bytes;
  make_room(block.bytes);
  if (in_use_ + kept_bytes_ + block.bytes > most_) return unmap(block);
  kept_.push_back(block);
  kept_bytes_ += block.bytes;
}

size_t BlockPool::bytes_in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

size_t BlockPool::bytes_kept() const {
  const std::lock_guard lock(mutex_);
  return kept_bytes_;
}

BlockPool& tensor_blocks() {
  static auto* const pool = new BlockPool;  // tensors may outlive whatever would end it
  return *pool;
}

}  // namespace multipole
