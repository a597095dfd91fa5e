// Opens regular files only: a FIFO or a device would block or never end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace multipole {

// An open file, for reading; closed at the end.
class RegularFile {
 public:
  // Throws InputError "cannot read PATH: reason" (missing, dangling link, directory, not a regular file, no
  // permission).
  explicit RegularFile(const std::filesystem::path& path);
  ~RegularFile();
  RegularFile(const RegularFile&) = delete;
  RegularFile& operator=(const RegularFile&) = delete;

  int descriptor() const { return descriptor_; }
  int64_t size() const { return size_; }  // bytes, when it was opened

  // Throw InputError as above.
  [[noreturn]] void fail(const std::string& reason) const;
  [[noreturn]] void fail_with_errno() const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  int64_t size_ = 0;
};

}  // namespace multipole
