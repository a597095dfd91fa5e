// Where a command's results go: standard output, or a file that appears whole at the end.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "engine/files/atomic_file.h"

namespace multipole {

// The reader of standard output went away. Nobody is left to tell: main ends quietly with 0.
struct OutputClosed {};

class ResultOutput {
 public:
  // An empty path or "-" is standard output.
  explicit ResultOutput(const std::filesystem::path& path);

  // Throws OutputClosed, or ResourceError where the disk fails.
  void write(std::string_view text);

  // Passes what was written on: to the reader, or under the file's final name.
  void flush();
  void finish();

 private:
  std::unique_ptr<AtomicFile> file_;
};

// Writes to standard output and flushes it.
void print_result(std::string_view text);

}  // namespace multipole
