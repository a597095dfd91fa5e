#include "engine/runtime/allocator.h"

#include <climits>
#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "engine/runtime/block_pool.h"

namespace multipole {
namespace {

// What the user set goes before. Setting either ends glibc's own moving of the thresholds.
void set_thresholds([[maybe_unused]] int mapped_bytes, [[maybe_unused]] int trimmed_bytes,
                    [[maybe_unused]] int mapped_blocks) {
#ifdef __GLIBC__
  if (std::getenv("MALLOC_MMAP_THRESHOLD_") == nullptr) mallopt(M_MMAP_THRESHOLD, mapped_bytes);
  if (std::getenv("MALLOC_TRIM_THRESHOLD_") == nullptr) mallopt(M_TRIM_THRESHOLD, trimmed_bytes);
  if (std::getenv("MALLOC_MMAP_MAX_") == nullptr) mallopt(M_MMAP_MAX, mapped_blocks);
#endif
}

}  // namespace

void keep_freed_memory() {
  // Blocks over 32 MB go by no threshold, so none may be mapped by itself: nano's features at 1024 x 1024 took 2.19 s
  // with and 1.65 s without.
  constexpr int kLargestThreshold = 32 << 20, kMappedBlocks = 0;
  set_thresholds(kLargestThreshold, INT_MAX, kMappedBlocks);
}

void return_freed_memory() {
  constexpr int kSmallestMappedBlock = 1 << 20;  // smaller ones cost more in page faults than they save
  constexpr int kMappedBlocks = 65536;           // glibc's own limit
  set_thresholds(kSmallestMappedBlock, kSmallestMappedBlock, kMappedBlocks);
}

void bound_kernel_caches() {
  ::setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32", /*overwrite=*/0);
  ::setenv("LRU_CACHE_CAPACITY", "32", /*overwrite=*/0);
}

void keep_tensor_memory(size_t bytes) { tensor_blocks().keep_up_to(bytes); }

void trim_freed_memory() {
  tensor_blocks().drop_kept();
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace multipole
