#include "datasets/codecs/byte_source.h"

#include <unistd.h>

#include <cerrno>

namespace multipole::codecs {

size_t FileSource::read(uint64_t offset, void* out, size_t count) const {
  size_t filled = 0;
  while (filled < count) {
    const ssize_t got = ::pread(file_.descriptor(), static_cast<char*>(out) + filled, count - filled,
                                static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    filled += static_cast<size_t>(got);
  }
  return filled;
}

}  // namespace multipole::codecs
