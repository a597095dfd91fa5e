// Large blocks of memory that are kept for whoever asks next. The system clears every page of a new block when it is
// first written to; where a model's layers take and leave the same few sizes with every tile, that was a third of the
// time.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace multipole {

struct MemoryBlock {
  void* start = nullptr;  // null where the system has no memory left
  size_t bytes = 0;       // at least what was asked for
};

// All methods may be called by several threads at once.
class BlockPool {
 public:
  // Smaller ones are malloc's business.
  static constexpr size_t kSmallest = size_t{1} << 20;

  BlockPool() = default;
  ~BlockPool() { keep_up_to(0); }
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // From now on blocks are kept as long as those in use and the kept ones together stay within so many bytes; with 0,
  // as in the beginning, none are.
  void keep_up_to(size_t bytes);
  bool keeps_any() const;

  // Gives the kept blocks back to the system.
  void drop_kept();

  MemoryBlock take(size_t bytes);
  void give_back(const MemoryBlock& block);

  size_t bytes_in_use() const;
  size_t bytes_kept() const;

 private:
  // Drops those that were given back first until `more` bytes have room, or none is left.
  void make_room(size_t more);

  mutable std::mutex mutex_;
  size_t most_ = 0, in_use_ = 0, kept_bytes_ = 0;
  std::vector<MemoryBlock> kept_;  // in the order in which they were given back
};

// That of CPU tensors (tensor_allocator.h): as malloc's heap, it is the whole process's.
BlockPool& tensor_blocks();

}  // namespace multipole
