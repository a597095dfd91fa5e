// results.jsonl of `segment predict`: a line for each input, there as soon as the input is done. A line of a picture
// that was segmented ends with "fingerprint", which names all that the picture's files come from: a later run keeps
// such lines instead of making the files again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/output/line_file.h"
#include "base/json.h"

namespace multipole {

std::string result_line(Json result, const std::string& fingerprint);
std::string error_line(const std::string& path, const std::string& reason);

class ResultLog {
 public:
  // Whether the log at that path has a line of one of them.
  static bool has_any(const std::filesystem::path& path, const std::vector<std::string>& fingerprints);

  // Inputs with these fingerprints. Of each whose files are `complete` the line with its fingerprint is kept. All other
  // lines of an earlier run go before anything is written, for the files that they speak of may be replaced; so does a
  // last line that was cut.
  ResultLog(const std::filesystem::path& path, std::vector<std::string> fingerprints,
            const std::function<bool(size_t index)>& complete);

  // Whether the input's line was kept.
  bool has(size_t index) const { return places_[index].has_value(); }
  size_t num_kept() const { return num_kept_; }

  // The line of an input without one, as the two functions below make it. Throws ResourceError.
  void add(size_t index, const std::string& line);

  // Puts the lines in the order of the inputs where a run that went on left another, and flushes them to the disk.
  void finish();

 private:
  struct Place {
    int64_t begin, size;
  };

  std::filesystem::path path_;
  std::vector<std::string> fingerprints_;
  std::vector<std::optional<Place>> places_;
  size_t num_kept_ = 0;
  std::optional<LineFile> file_;
};

}  // namespace multipole
