// A file that appears whole or not at all: written under a temporary name in the same folder, flushed to the disk, then
// renamed over the old one. Whatever goes wrong before the rename, the old file is intact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace multipole {

class AtomicFile {
 public:
  // Opens `path`.tmp.<pid>. Throws ResourceError where the disk has less than `expected_bytes` free or the folder
  // cannot be written, ConfigError where the folder is missing or `path` is something other than a regular file.
  explicit AtomicFile(const std::filesystem::path& path, uint64_t expected_bytes = 0);

  // Removes the temporary file unless commit() went through.
  ~AtomicFile();

  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Appends. Throws ResourceError (disk full, quota).
  void write(const void* data, size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }

  // Flushes to the disk, renames over `path` and flushes the folder. Nothing may be written afterwards.
  void commit();

 private:
  [[noreturn]] void fail(const std::string& what) const;
  void flush_folder() const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// Removes the temporary files and folders (AtomicFolder) that processes which no longer run left in `folder`.
void remove_stale_temporaries(const std::filesystem::path& folder);

}  // namespace multipole
