#include "datasets/rasters/tiff_writer.h"

#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "base/error.h"

namespace multipole {

TiffWriter::TiffWriter(const std::filesystem::path& path, const char* mode) : path_(path) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  TIFFOpenOptionsSetErrorHandlerExtR(
      options.get(),
      [](TIFF*, void* user, const char*, const char* format, va_list arguments) {
        auto& message = static_cast<TiffWriter*>(user)->message_;
        char text[256];
        std::vsnprintf(text, sizeof(text), format, arguments);
        if (message.empty()) message = text;
        return 1;
      },
      this);
  TIFFOpenOptionsSetWarningHandlerExtR(
      options.get(), [](TIFF*, void*, const char*, const char*, va_list) { return 1; }, nullptr);
  tiff_.reset(TIFFOpenExt(path.c_str(), mode, options.get()));
  check(tiff_ != nullptr);
}

void TiffWriter::check(bool ok) const {
  if (!ok || !message_.empty()) throw ResourceError("cannot write " + path_.string() + ": " + message_);
}

void TiffWriter::append(const void* bytes, size_t size) const {
  const int file = TIFFFileno(tiff_.get());
  const auto* next = static_cast<const char*>(bytes);
  bool ok = ::lseek(file, 0, SEEK_END) >= 0;
  while (ok && size > 0) {
    const ssize_t written = ::write(file, next, size);
    if (written < 0 && errno == EINTR) continue;
    ok = written > 0;
    if (!ok) break;
    next += written;
    size -= static_cast<size_t>(written);
  }
  if (!ok) throw ResourceError("cannot write " + path_.string() + ": " + std::strerror(errno));
}

void TiffWriter::close() {
  check(TIFFFlush(tiff_.get()) == 1);
  tiff_.reset();
  check(true);
}

}  // namespace multipole
