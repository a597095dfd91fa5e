#include "datasets/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "backbone/config/error.h"

namespace multipole {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& reason) {
  throw InputError("cannot read " + path.string() + ": " + reason);
}

[[noreturn]] void fail_with_errno(const std::filesystem::path& path) {
  const int code = errno;
  std::error_code ignored;
  if (code == ENOENT && std::filesystem::is_symlink(path, ignored)) fail(path, "a link to a file that does not exist");
  fail(path, std::strerror(code));
}

void require_regular(const std::filesystem::path& path, const struct stat& status) {
  if (S_ISDIR(status.st_mode)) fail(path, "it is a folder");
  if (!S_ISREG(status.st_mode)) fail(path, "not a regular file");
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int value) : value_(value) {}
  ~FileDescriptor() {
    if (value_ >= 0) ::close(value_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_;
};

}  // namespace

std::vector<uint8_t> read_file(const std::filesystem::path& path, int64_t max_bytes) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) fail_with_errno(path);
  require_regular(path, status);
  // O_NONBLOCK: the path may have become a FIFO since
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (file.value() < 0 || ::fstat(file.value(), &status) != 0) fail_with_errno(path);
  require_regular(path, status);
  if (status.st_size > max_bytes) {
    fail(path, std::to_string(status.st_size) + " bytes, above the limit of " + std::to_string(max_bytes));
  }
  std::vector<uint8_t> bytes(status.st_size);
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(file.value(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_with_errno(path);
    if (got == 0) fail(path, "it became shorter while it was read");
    filled += got;
  }
  return bytes;
}

}  // namespace multipole
