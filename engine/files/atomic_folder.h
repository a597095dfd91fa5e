// A folder that appears whole or not at all: filled under a temporary name beside it, flushed to the disk, then put in
// place of the old one at once. Whatever goes wrong before, the old one is intact.
#pragma once

#include <filesystem>
#include <string>

namespace multipole {

class AtomicFolder {
 public:
  // Makes `path`.tmp.<pid>. Throws ResourceError where it cannot, ConfigError where `path` is there and is no folder.
  explicit AtomicFolder(std::filesystem::path path);

  // Removes the temporary folder unless commit() went through.
  ~AtomicFolder();

  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  // Where the files go until commit().
  const std::filesystem::path& temporary() const { return temporary_; }

  // Flushes and replaces `path`, whatever it held. Throws ResourceError.
  void commit();

 private:
  [[noreturn]] void fail(const std::string& what) const;
  void flush() const;
  // Leaves the old folder, where there is one, under the temporary name.
  void replace() const;

  std::filesystem::path path_, temporary_;
};

}  // namespace multipole
