#include "base/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace multipole {

RegularFile::RegularFile(const std::filesystem::path& path) : path_(path) {
  struct stat status {};
  const auto require_regular = [&] {
    if (S_ISDIR(status.st_mode)) fail("it is a folder");
    if (!S_ISREG(status.st_mode)) fail("not a regular file");
  };
  if (::stat(path.c_str(), &status) != 0) fail_with_errno();
  require_regular();
  // O_NONBLOCK: the path may have become a FIFO since
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor_ < 0) fail_with_errno();
  try {
    if (::fstat(descriptor_, &status) != 0) fail_with_errno();
    require_regular();
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
  size_ = status.st_size;
}

RegularFile::~RegularFile() { ::close(descriptor_); }

void RegularFile::fail(const std::string& reason) const {
  throw InputError("cannot read " + path_.string() + ": " + reason);
}

void RegularFile::fail_with_errno() const {
  const int code = errno;
  std::error_code ignored;
  if (code == ENOENT && std::filesystem::is_symlink(path_, ignored)) fail("a link to a file that does not exist");
  fail(std::strerror(code));
}

}  // namespace multipole
