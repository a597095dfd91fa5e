#include "apps/output/result_output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/error.h"

namespace multipole {
namespace {

void check_output(bool ok) {
  if (ok) return;
  // EBADF: it was closed before we started
  if (errno == EPIPE || errno == EBADF) throw OutputClosed{};
  throw ResourceError(std::string("cannot write to standard output: ") + std::strerror(errno));
}

}  // namespace

ResultOutput::ResultOutput(const std::filesystem::path& path) {
  if (!path.empty() && path != "-") file_ = std::make_unique<AtomicFile>(path);
}

void ResultOutput::write(std::string_view text) {
  if (file_ != nullptr) {
    file_->write(text);
  } else {
    check_output(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
  }
}

void ResultOutput::flush() {
  if (file_ == nullptr) check_output(std::fflush(stdout) == 0);
}

void ResultOutput::finish() {
  flush();
  if (file_ != nullptr) file_->commit();
}

void print_result(std::string_view text) {
  ResultOutput output("");
  output.write(text);
  output.finish();
}

}  // namespace multipole
