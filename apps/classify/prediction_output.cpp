#include "apps/classify/prediction_output.h"

#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace multipole {
namespace {

std::filesystem::path record_of(const std::filesystem::path& path) { return path.string() + ".resume"; }

std::string record_line(const std::string& fingerprint, int64_t end, bool failed) {
  return fingerprint + " " + std::to_string(end) + (failed ? " failed\n" : " done\n");
}

}  // namespace

bool PredictionOutput::is_file(const std::string& path) { return !path.empty() && path != "-"; }

bool PredictionOutput::was_begun_with(const std::filesystem::path& path, const std::string& fingerprint) {
  std::ifstream record(record_of(path), std::ios::binary);
  std::string first;
  return record >> first && first == fingerprint;
}

PredictionOutput::PredictionOutput(const std::string& path, const std::string& header, Resume resume)
    : path_(path), record_path_(record_of(path)), resume_(std::move(resume)) {
  if (!is_file(path)) {
    if (resume_.wanted) throw ConfigError("--resume goes on with a file: name the earlier run's with --out FILE");
    standard_.emplace("");
    standard_->write(header);
    return;
  }
  auto end = static_cast<int64_t>(header.size());
  const std::string record = resume_.wanted ? kept_record(end) : "";
  // the file first: what an older record says of lines that are gone is passed over
  if (num_done_ == 0) {
    file_.emplace(path_, header);
  } else {
    std::filesystem::resize_file(path_, static_cast<uintmax_t>(end));
    file_.emplace(path_);
  }
  record_.emplace(record_path_, record);
}

std::string PredictionOutput::kept_record(int64_t& end) {
  std::error_code code;
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path_, code));
  if (code) return "";
  std::ifstream record(record_path_, std::ios::binary);
  std::string batch, kept;
  int64_t read = 0, failed = 0;
  const auto total = static_cast<int64_t>(resume_.fingerprints.size());
  for (std::string line; read < total && std::getline(record, line) && !record.eof();) {
    std::istringstream words(line);
    std::string fingerprint, state;
    int64_t place = 0;
    if (!(words >> fingerprint >> place >> state) || place > size) break;
    if (fingerprint != resume_.fingerprints[static_cast<size_t>(read)]) break;
    batch += line + "\n";
    failed += state == "failed" ? 1 : 0;
    ++read;
    if (read % resume_.batch_size != 0 && read != total) continue;
    kept += std::exchange(batch, "");
    num_done_ = read;
    num_failed_ = failed;
    end = place;
  }
  return kept;
}

void PredictionOutput::write(const std::string& lines, bool failed) {
  num_failed_ += failed ? 1 : 0;
  if (standard_) {
    standard_->write(lines);
    return;
  }
  file_->write(lines);
  record_->write(record_line(resume_.fingerprints.at(static_cast<size_t>(num_done_)), file_->size(), failed));
  ++num_done_;
}

void PredictionOutput::flush() {
  if (standard_) standard_->flush();
}

void PredictionOutput::finish() {
  flush();
  if (!file_) return;
  file_->sync();
  std::error_code code;
  std::filesystem::remove(record_path_, code);
}

}  // namespace multipole
