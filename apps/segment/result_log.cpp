#include "apps/segment/result_log.h"

#include <fstream>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "engine/files/atomic_file.h"

namespace multipole {
namespace {

constexpr const char* kFingerprint = "fingerprint";

// What the line ends with. Not parsed as JSON: the path before it may be no UTF-8, and a line that was cut lacks it.
std::string fingerprint_of_line(const std::string& line) {
  const std::string key = std::string("\"") + kFingerprint + "\":\"";
  const auto at = line.rfind(key);
  if (at == line.npos || line.size() < at + key.size() + 2 || line.compare(line.size() - 2, 2, "\"}") != 0) return "";
  return line.substr(at + key.size(), line.size() - 2 - at - key.size());
}

void copy_bytes(std::ifstream& from, int64_t begin, int64_t size, AtomicFile& to, const std::filesystem::path& path) {
  std::string bytes(static_cast<size_t>(size), '\0');
  if (!from.seekg(begin).read(bytes.data(), size)) throw ResourceError("cannot read " + path.string());
  to.write(bytes);
}

}  // namespace

std::string result_line(Json result, const std::string& fingerprint) {
  result[kFingerprint] = fingerprint;
  return json_line(result);
}

std::string error_line(const std::string& path, const std::string& reason) {
  return json_line({{"path", path}, {"error", reason}});
}

bool ResultLog::has_any(const std::filesystem::path& path, const std::vector<std::string>& fingerprints) {
  const std::unordered_set<std::string> wanted(fingerprints.begin(), fingerprints.end());
  std::ifstream log(path, std::ios::binary);
  for (std::string line; std::getline(log, line);) {
    if (wanted.contains(fingerprint_of_line(line))) return true;
  }
  return false;
}

ResultLog::ResultLog(const std::filesystem::path& path, std::vector<std::string> fingerprints,
                     const std::function<bool(size_t index)>& complete)
    : path_(path), fingerprints_(std::move(fingerprints)), places_(fingerprints_.size()) {
  std::unordered_map<std::string, Place> found;
  std::ifstream before(path, std::ios::binary);
  int64_t begin = 0;
  for (std::string line; std::getline(before, line) && !before.eof(); begin += static_cast<int64_t>(line.size()) + 1) {
    const std::string fingerprint = fingerprint_of_line(line);
    if (!fingerprint.empty()) found[fingerprint] = {begin, static_cast<int64_t>(line.size()) + 1};
  }
  before.clear();
  AtomicFile kept(path);
  int64_t end = 0;
  for (size_t i = 0; i < fingerprints_.size(); ++i) {
    const auto line = found.find(fingerprints_[i]);
    if (line == found.end() || !complete(i)) continue;
    copy_bytes(before, line->second.begin, line->second.size, kept, path);
    places_[i] = Place{end, line->second.size};
    end += line->second.size;
    ++num_kept_;
  }
  kept.commit();
  file_.emplace(path);
}

void ResultLog::add(size_t index, const std::string& line) {
  const Place place{file_->size(), static_cast<int64_t>(line.size())};
  file_->write(line);
  places_[index] = place;
}

void ResultLog::finish() {
  file_->sync();
  bool in_order = true;
  int64_t end = 0;
  for (const auto& place : places_) {
    if (!place) continue;
    in_order = in_order && place->begin == end;
    end += place->size;
  }
  if (in_order) return;
  std::ifstream from(path_, std::ios::binary);
  AtomicFile ordered(path_);
  for (const auto& place : places_) {
    if (place) copy_bytes(from, place->begin, place->size, ordered, path_);
  }
  ordered.commit();
}

}  // namespace multipole
