#include "engine/files/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/json_text.h"
#include "engine/files/atomic_file.h"

namespace multipole {
namespace {

constexpr const char* kLockName = "run.lock";

// Something other than a run: no config.json, and more than what a run leaves that was stopped before it wrote one.
bool is_foreign(const std::filesystem::path& folder) {
  std::error_code code;
  if (std::filesystem::exists(folder / "config.json", code)) return false;
  const std::filesystem::directory_iterator entries(folder, code);
  if (code) throw ResourceError("cannot look into the run folder " + folder.string() + ": " + code.message());
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (name != kLockName && name.rfind("config.json.tmp.", 0) != 0) return true;
  }
  return false;
}

bool same_file(int descriptor, const std::filesystem::path& path) {
  struct stat opened = {}, named = {};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

std::string read_pid(int lock) {
  std::array<char, 32> pid = {};
  return ::pread(lock, pid.data(), pid.size() - 1, 0) > 0 ? pid.data() : "";
}

}  // namespace

RunFolder::RunFolder(const std::filesystem::path& path, Access access) : path_(path), lock_path_(path / kLockName) {
  if (access == Access::kShared) return;
  std::error_code code;
  if (std::filesystem::exists(path, code) && !std::filesystem::is_directory(path, code)) {
    throw ConfigError(path.string() + " is not a folder; a run needs one of its own");
  }
  std::filesystem::create_directories(path, code);
  if (code) throw ResourceError("cannot make the run folder " + path.string() + ": " + code.message());
  if (is_foreign(path)) {
    throw ConfigError(path.string() + " holds files but no run (no config.json); choose a new or empty folder");
  }
  take_lock();
  remove_stale_temporaries(path_);
  remove_stale_temporaries(last_path());
}

RunFolder::~RunFolder() {
  if (lock_ < 0) return;
  ::unlink(lock_path_.c_str());
  ::close(lock_);
}

// The lock is the kernel's, so it ends with its process however that dies; the pid in the file is for the reader.
void RunFolder::take_lock() {
  while (true) {
    lock_ = ::open(lock_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock_ < 0) throw ResourceError("cannot write " + lock_path_.string() + ": " + std::strerror(errno));
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
      const std::string pid = read_pid(lock_);
      ::close(lock_);
      const std::string owner = pid.empty() ? "" : " (process " + pid + ")";
      throw ConfigError("another run" + owner + " is writing to " + path_.string() +
                        "; wait for it, stop it, or choose another folder");
    }
    // the owner before us may have removed the file between our open and our lock
    if (same_file(lock_, lock_path_)) break;
    ::close(lock_);
  }
  dead_owner_ = read_pid(lock_);
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, pid.data(), pid.size(), 0) < 0) {
    const std::string reason = std::strerror(errno);
    ::close(lock_);
    throw ResourceError("cannot write " + lock_path_.string() + ": " + reason);
  }
}

void RunFolder::write_config(const Json& config) const {
  write_file_atomically(config_path(), json_text(config, 2) + "\n");
}

}  // namespace multipole
