#include "base/read_file.h"

#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/regular_file.h"

namespace multipole {

std::vector<uint8_t> read_file(const std::filesystem::path& path, int64_t max_bytes) {
  const RegularFile file(path);
  if (file.size() > max_bytes) {
    file.fail(std::to_string(file.size()) + " bytes, above the limit of " + std::to_string(max_bytes));
  }
  std::vector<uint8_t> bytes(file.size());
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(file.descriptor(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) file.fail_with_errno();
    if (got == 0) file.fail("it became shorter while it was read");
    filled += got;
  }
  return bytes;
}

}  // namespace multipole
