// metrics.jsonl: one JSON object a line, appended as training goes, readable at every moment.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "base/json.h"

namespace multipole {

class MetricsLog {
 public:
  // Opens `path` for appending. What a resumed run will write again goes first: a torn last line and every entry
  // whose "step" is above `resumed_step` (0: the run starts anew and the log is emptied).
  // Throws ResourceError where the file cannot be written.
  MetricsLog(const std::filesystem::path& path, int64_t resumed_step);

  // Appends one line and flushes it. Numbers have a point in every locale; NaN and infinities become null.
  void append(const Json& entry);

 private:
  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace multipole
