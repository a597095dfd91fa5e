// Where a decoder takes its bytes from: memory, or a file that need not fit there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/regular_file.h"
#include "datasets/codecs/codec.h"

namespace multipole::codecs {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual uint64_t size() const = 0;
  // Copies the bytes from `offset` on, `count` of them or what there is, and returns how many. A file that fails to be
  // read counts as one that ends: callbacks of C libraries cannot throw.
  virtual size_t read(uint64_t offset, void* out, size_t count) const = 0;
};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(ByteView bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  size_t read(uint64_t offset, void* out, size_t count) const override {
    if (offset >= bytes_.size()) return 0;
    count = std::min<size_t>(count, bytes_.size() - offset);
    std::memcpy(out, bytes_.data() + offset, count);
    return count;
  }

 private:
  ByteView bytes_;
};

class FileSource : public ByteSource {
 public:
  // Throws InputError as RegularFile does.
  explicit FileSource(const std::filesystem::path& path) : file_(path) {}
  uint64_t size() const override { return static_cast<uint64_t>(file_.size()); }
  size_t read(uint64_t offset, void* out, size_t count) const override;

 private:
  RegularFile file_;
};

}  // namespace multipole::codecs
