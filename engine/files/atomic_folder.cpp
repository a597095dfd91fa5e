#include "engine/files/atomic_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace multipole {

AtomicFolder::AtomicFolder(std::filesystem::path path) : path_(std::move(path)), temporary_(path_) {
  std::error_code code;
  if (std::filesystem::exists(path_, code) && !std::filesystem::is_directory(path_, code)) {
    throw ConfigError("cannot write the folder " + path_.string() + ": a file has that name");
  }
  temporary_ += ".tmp." + std::to_string(::getpid());
  std::filesystem::remove_all(temporary_, code);
  std::filesystem::create_directories(temporary_, code);
  if (code) throw ResourceError("cannot make the folder " + temporary_.string() + ": " + code.message());
}

AtomicFolder::~AtomicFolder() {
  std::error_code code;
  std::filesystem::remove_all(temporary_, code);
}

void AtomicFolder::fail(const std::string& what) const {
  throw ResourceError(what + " " + path_.string() + ": " + std::strerror(errno));
}

// The whole file system in one call: a flush for each of a thousand small files would take longer than writing them.
void AtomicFolder::flush() const {
  const int folder = ::open(temporary_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) fail("cannot flush");
  const bool ok = ::syncfs(folder) == 0;
  const int error = errno;
  ::close(folder);
  errno = error;
  if (!ok) fail("cannot flush");
}

void AtomicFolder::replace() const {
  std::error_code code;
  if (!std::filesystem::exists(path_, code)) {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot make");
    return;
  }
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) fail("cannot replace");
  // the file system does not exchange names: between the two the folder is missing, for a moment
  const std::filesystem::path old = path_.string() + ".old" + temporary_.extension().string();
  if (::rename(path_.c_str(), old.c_str()) != 0) fail("cannot replace");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    std::filesystem::rename(old, path_, code);
    errno = error;
    fail("cannot replace");
  }
  std::filesystem::rename(old, temporary_, code);
}

void AtomicFolder::commit() {
  flush();
  replace();
}

}  // namespace multipole
