// How much memory a piece of work takes, scratch and allocator included: the growth of the resident set.
#pragma once

#include <cstdint>
#include <optional>

namespace multipole {

// Starts counting when it is made. Linux only (/proc/self); elsewhere it knows nothing.
class PeakMemory {
 public:
  PeakMemory();

  // The most bytes resident since then, less those resident at the start.
  std::optional<int64_t> extra_bytes() const;

 private:
  std::optional<int64_t> start_;
};

// Bytes that new work can take without swapping; nothing where the system does not say.
std::optional<int64_t> available_memory();

}  // namespace multipole
