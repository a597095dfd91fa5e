#include "engine/files/metrics_log.h"

#include <string>

#include "base/error.h"
#include "engine/files/atomic_file.h"

namespace multipole {
namespace {

// The lines of a log that a run resumed at `resumed_step` keeps.
std::string kept_lines(const std::filesystem::path& path, int64_t resumed_step) {
  std::ifstream file(path, std::ios::binary);
  std::string kept, line;
  while (std::getline(file, line)) {
    if (file.eof()) break;  // no line feed: the write was cut short
    const Json entry = Json::parse(line, nullptr, false);
    if (!entry.is_object()) continue;
    const auto step = entry.find("step");
    if (step != entry.end() && step->is_number() && step->get<int64_t>() > resumed_step) continue;
    kept += line + "\n";
  }
  return kept;
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& path, int64_t resumed_step) : path_(path) {
  write_file_atomically(path, resumed_step > 0 ? kept_lines(path, resumed_step) : std::string());
  file_.open(path, std::ios::binary | std::ios::app);
  if (!file_) throw ResourceError("cannot write " + path.string());
}

void MetricsLog::append(const Json& entry) {
  file_ << entry.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n" << std::flush;
  if (!file_) throw ResourceError("cannot write " + path_.string() + ": is the disk full?");
}

}  // namespace multipole
