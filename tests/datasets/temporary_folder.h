// A folder for files that a test writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace multipole::test {

using Bytes = std::vector<uint8_t>;

// A folder that is removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  // Writes a file below the folder, making the folders on the way.
  std::filesystem::path write(const std::string& name, const Bytes& bytes) const;

 private:
  std::filesystem::path path_;
};

}  // namespace multipole::test
