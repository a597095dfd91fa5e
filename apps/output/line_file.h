// A file that grows by whole lines. What was written is with the system at once: a process that is killed leaves every
// line before the one in work, of which at most a part.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace multipole {

class LineFile {
 public:
  // Replaces `path`, whole, by a file that holds `beginning`, and opens it to add to it. Throws as AtomicFile does.
  LineFile(const std::filesystem::path& path, std::string_view beginning);
  // Opens an existing file to add to it.
  explicit LineFile(const std::filesystem::path& path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // Appends one or more whole lines. Throws ResourceError, leaving none of them (disk full, quota).
  void write(std::string_view lines);

  // Flushes to the disk.
  void sync();

  int64_t size() const { return size_; }

 private:
  [[noreturn]] void fail(const char* what) const;

  std::filesystem::path path_;
  int descriptor_ = -1;
  int64_t size_ = 0;
};

}  // namespace multipole
