#include "engine/files/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

#include "base/error.h"

namespace multipole {
namespace {

constexpr std::string_view kTemporaryMark = ".tmp.";

// What a link points to, so that the file behind it is replaced and not the link.
std::filesystem::path behind_links(const std::filesystem::path& path) {
  std::error_code code;
  if (!std::filesystem::is_symlink(path, code)) return path;
  const auto target = std::filesystem::weakly_canonical(path, code);
  return code ? path : target;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& path, uint64_t expected_bytes) : path_(behind_links(path)) {
  std::error_code code;
  const auto folder = folder_of(path_);
  if (!std::filesystem::is_directory(folder, code)) {
    throw ConfigError("cannot write " + path_.string() + ": the folder " + folder.string() + " does not exist");
  }
  if (std::filesystem::exists(path_, code) && !std::filesystem::is_regular_file(path_, code)) {
    throw ConfigError("cannot write " + path_.string() + ": it exists and is not a regular file");
  }
  const auto space = std::filesystem::space(folder, code);
  if (!code && space.available < expected_bytes) {
    throw ResourceError("cannot write " + path_.string() + ": it needs " + std::to_string(expected_bytes) +
                        " bytes and the disk has " + std::to_string(space.available) + " left");
  }
  temporary_ = path_;
  temporary_ += std::string(kTemporaryMark) + std::to_string(::getpid());
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail("cannot write");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::fail(const std::string& what) const {
  throw ResourceError(what + " " + path_.string() + ": " + std::strerror(errno));
}

void AtomicFile::write(const void* data, size_t size) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(descriptor_, next, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write");
    next += written;
    size -= static_cast<size_t>(written);
  }
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail("cannot flush");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot replace");
  ::close(descriptor_);
  descriptor_ = -1;
  flush_folder();
}

// The rename itself must survive a power cut. File systems that cannot flush a folder say EINVAL and need no flush.
void AtomicFile::flush_folder() const {
  const int folder = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  const bool ok = ::fsync(folder) == 0 || errno == EINVAL;
  const int error = errno;
  ::close(folder);
  errno = error;
  if (!ok) fail("cannot flush the folder of");
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path, text.size());
  file.write(text);
  file.commit();
}

void remove_stale_temporaries(const std::filesystem::path& folder) {
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(folder, code)) {
    const std::string name = entry.path().filename().string();
    const auto mark = name.rfind(kTemporaryMark);
    if (mark == std::string::npos) continue;
    const char* first = name.data() + mark + kTemporaryMark.size();
    const char* last = name.data() + name.size();
    pid_t pid = 0;
    const auto parsed = std::from_chars(first, last, pid);
    if (parsed.ec != std::errc() || parsed.ptr != last || pid <= 0) continue;
    const bool alive = ::kill(pid, 0) == 0 || errno == EPERM;
    if (!alive) std::filesystem::remove_all(entry.path(), code);
  }
}

}  // namespace multipole
