// metrics.csv: one row an epoch, for spreadsheets. It says what the epochs' lines of metrics.jsonl say.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

class MetricsTable {
 public:
  // Takes over the epochs of the log at `log_path`, which a resumed run has trimmed before.
  MetricsTable(const std::filesystem::path& path, const std::filesystem::path& log_path);

  // Adds an entry {"event": "epoch", ...} and writes the file anew, atomically. An object within the entry gives a
  // column "name.key" for each of its keys; null gives an empty cell. Throws ResourceError where the disk fails.
  void append(const Json& entry);

 private:
  void add_row(const Json& entry);

  std::filesystem::path path_;
  std::vector<std::string> columns_;
  std::vector<Json> rows_;  // flat objects
};

}  // namespace multipole
