// Many small records in chunks: it grows without copying what it holds, and what was given back is used again.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <type_traits>
#include <vector>

#include "base/error.h"

namespace multipole {

template <class T>
class ChunkedPool {
 public:
  // A record with the value `value`, by its number. Throws ResourceError above 2^32 - 1 records.
  uint32_t add(const T& value) {
    uint32_t index = unused_;
    if (index != kNone) {
      std::memcpy(&unused_, &(*this)[index], sizeof(unused_));
    } else {
      if (size_ == kNone) throw ResourceError("too many corners of regions to hold");
      if (size_ % kChunk == 0) chunks_.push_back(std::make_unique<T[]>(kChunk));
      index = size_++;
    }
    (*this)[index] = value;
    return index;
  }
  void remove(uint32_t index) {
    std::memcpy(&(*this)[index], &unused_, sizeof(unused_));
    unused_ = index;
  }

  T& operator[](uint32_t index) { return chunks_[index / kChunk][index % kChunk]; }
  const T& operator[](uint32_t index) const { return chunks_[index / kChunk][index % kChunk]; }

 private:
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) >= sizeof(uint32_t));
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  static constexpr uint32_t kChunk = 1 << 14;

  std::vector<std::unique_ptr<T[]>> chunks_;
  uint32_t unused_ = kNone;  // a record that was given back; each holds the number of the next in its first bytes
  uint32_t size_ = 0;
};

}  // namespace multipole
