// A whole file in the address space, read page by page as it is used. Who shortens the file meanwhile ends the program
// (SIGBUS): files that are replaced by renaming, as ours are written, stay what they were.
#pragma once

#include <cstddef>
#include <filesystem>

#include "base/byte_view.h"

namespace multipole {

class MappedFile {
 public:
  // Throws InputError "cannot read PATH: reason" as RegularFile does, and for an empty file.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // Read-only memory.
  ByteView bytes() const { return {static_cast<const uint8_t*>(address_), size_}; }

 private:
  void* address_ = nullptr;
  size_t size_ = 0;
};

}  // namespace multipole
