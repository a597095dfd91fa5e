#include "apps/common/allocator.h"

#include <climits>
#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace multipole {
namespace {

// What the user set goes before. Setting either ends glibc's own moving of the thresholds.
void set_thresholds([[maybe_unused]] int mapped_bytes, [[maybe_unused]] int trimmed_bytes) {
#ifdef __GLIBC__
  if (std::getenv("MALLOC_MMAP_THRESHOLD_") == nullptr) mallopt(M_MMAP_THRESHOLD, mapped_bytes);
  if (std::getenv("MALLOC_TRIM_THRESHOLD_") == nullptr) mallopt(M_TRIM_THRESHOLD, trimmed_bytes);
#endif
}

}  // namespace

void keep_freed_memory() {
  constexpr int kLargestHeapBlock = 32 << 20;  // glibc takes no larger one; what is larger is mapped by itself
  set_thresholds(kLargestHeapBlock, INT_MAX);
}

void return_freed_memory() {
  constexpr int kSmallestMappedBlock = 1 << 20;  // smaller ones cost more in page faults than they save
  set_thresholds(kSmallestMappedBlock, kSmallestMappedBlock);
}

void trim_freed_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace multipole
