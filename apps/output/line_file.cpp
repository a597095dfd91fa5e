#include "apps/output/line_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"
#include "engine/files/atomic_file.h"

namespace multipole {
namespace {

// The path, once the file is there.
const std::filesystem::path& with_beginning(const std::filesystem::path& path, std::string_view beginning) {
  write_file_atomically(path, beginning);
  return path;
}

}  // namespace

LineFile::LineFile(const std::filesystem::path& path, std::string_view beginning)
    : LineFile(with_beginning(path, beginning)) {}

LineFile::LineFile(const std::filesystem::path& path) : path_(path) {
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor_ < 0) fail("cannot write");
  size_ = ::lseek(descriptor_, 0, SEEK_END);
}

LineFile::~LineFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void LineFile::fail(const char* what) const {
  throw ResourceError(std::string(what) + " " + path_.string() + ": " + std::strerror(errno));
}

void LineFile::write(std::string_view lines) {
  for (size_t done = 0; done < lines.size();) {
    const ssize_t written = ::write(descriptor_, lines.data() + done, lines.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const std::string reason = std::strerror(errno);
      // where even this fails, readers drop a line without its end
      const bool whole = done == 0 || ::ftruncate(descriptor_, size_) == 0;
      throw ResourceError("cannot write " + path_.string() + ": " + reason + (whole ? "" : "; its last line is cut"));
    }
    done += static_cast<size_t>(written);
  }
  size_ += static_cast<int64_t>(lines.size());
}

void LineFile::sync() {
  if (::fsync(descriptor_) != 0) fail("cannot flush");
}

}  // namespace multipole
