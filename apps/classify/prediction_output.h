// Where `classify predict` puts its lines, which come in the order of the inputs: standard output, or a file that grows
// as they come. As long as a run lasts, FILE.resume beside the file records, a line for each input, its fingerprint,
// where its lines end and whether it failed: by it a later run goes on where this one was ended.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/output/line_file.h"
#include "apps/output/result_output.h"

namespace multipole {

class PredictionOutput {
 public:
  struct Resume {
    bool wanted = false;
    int64_t batch_size = 1;                 // only whole batches are kept
    std::vector<std::string> fingerprints;  // of the inputs and the settings; for a file alone
  };

  // An empty path or "-" is standard output.
  static bool is_file(const std::string& path);

  // Whether the file was begun by a run whose first input had this fingerprint, and not finished.
  static bool was_begun_with(const std::filesystem::path& path, const std::string& fingerprint);

  // Throws ConfigError where standard output is to be resumed, and as LineFile does.
  PredictionOutput(const std::string& path, const std::string& header, Resume resume);

  // Inputs from the first one on whose lines are in the file, and how many of all failed.
  int64_t num_done() const { return num_done_; }
  int64_t num_failed() const { return num_failed_; }

  // The lines of the next input. Throws OutputClosed or ResourceError.
  void write(const std::string& lines, bool failed);

  // After a batch.
  void flush();

  // After the last: the record goes.
  void finish();

 private:
  // The part of the record that still holds.
  std::string kept_record(int64_t& end);

  std::optional<ResultOutput> standard_;
  std::filesystem::path path_, record_path_;
  Resume resume_;
  int64_t num_done_ = 0, num_failed_ = 0;
  std::optional<LineFile> file_, record_;
};

}  // namespace multipole
