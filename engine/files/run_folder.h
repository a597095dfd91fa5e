// The folder of a training run:
//
//   RUN/config.json          the resolved configuration
//   RUN/metrics.jsonl        one JSON object a line
//   RUN/metrics.csv          one row an epoch
//   RUN/events.out.tfevents* the same for TensorBoard
//   RUN/best.safetensors     the best model so far, complete for inference
//   RUN/last/                everything to resume
//   RUN/run.lock             while a process trains here: its pid
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"

namespace multipole {

class RunFolder {
 public:
  // The owner writes; the other processes of a training that several processes share only read.
  enum class Access { kOwner, kShared };

  // Makes the folder where it is missing, or opens a run that is there, removes stale temporary files and takes the
  // lock, which lasts as long as this object. Throws ConfigError where another process holds the lock or the folder
  // holds something other than a run, ResourceError where it cannot be written. With kShared nothing is made, removed
  // or locked.
  explicit RunFolder(const std::filesystem::path& path, Access access = Access::kOwner);
  ~RunFolder();

  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config_path() const { return path_ / "config.json"; }
  std::filesystem::path metrics_path() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path best_path() const { return path_ / "best.safetensors"; }
  std::filesystem::path last_path() const { return path_ / "last"; }

  std::filesystem::path table_path() const { return path_ / "metrics.csv"; }

  // The process that held the lock before and ended without giving it back (killed, or the power went); "" otherwise.
  const std::string& dead_owner() const { return dead_owner_; }

  // A run was started here before.
  bool has_run() const { return std::filesystem::exists(config_path()); }

  void write_config(const Json& config) const;

 private:
  void take_lock();

  std::filesystem::path path_;
  std::filesystem::path lock_path_;
  std::string dead_owner_;
  int lock_ = -1;
};

}  // namespace multipole
