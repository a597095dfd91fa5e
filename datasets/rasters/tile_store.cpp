#include "datasets/rasters/tile_store.h"

#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/error.h"

namespace multipole {
namespace {

constexpr int kEffort = 6;  // zlib's own default

[[noreturn]] void fail_to_keep(const std::filesystem::path& folder) {
  throw ResourceError("cannot keep a map's tiles in " + folder.string() + ": " + std::strerror(errno));
}

}  // namespace

TileStore::TileStore(const std::filesystem::path& folder, size_t num_levels)
    : folder_(folder.empty() ? "." : folder), places_(num_levels) {
  std::string name = (folder_ / ".tiles.XXXXXX").string();
  file_ = ::mkstemp(name.data());
  if (file_ < 0) fail_to_keep(folder_);
  ::unlink(name.c_str());
}

TileStore::~TileStore() { ::close(file_); }

void TileStore::add(size_t level, const std::vector<uint8_t>& tile) {
  uLongf size = compressBound(static_cast<uLong>(tile.size()));
  compressed_.resize(size);
  if (compress2(compressed_.data(), &size, tile.data(), static_cast<uLong>(tile.size()), kEffort) != Z_OK) {
    throw ResourceError("no memory to compress a tile of a map");
  }
  const Place place{size_, static_cast<int64_t>(size)};
  for (int64_t done = 0; done < place.size;) {
    const ssize_t written = ::pwrite(file_, compressed_.data() + done, static_cast<size_t>(place.size - done),
                                     static_cast<off_t>(place.offset + done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_to_keep(folder_);
    done += written;
  }
  size_ += place.size;
  places_.at(level).push_back(place);
}

std::vector<uint8_t> TileStore::tile(size_t level, size_t number) const {
  const Place place = places_.at(level).at(number);
  std::vector<uint8_t> bytes(static_cast<size_t>(place.size));
  for (int64_t done = 0; done < place.size;) {
    const ssize_t taken = ::pread(file_, bytes.data() + done, static_cast<size_t>(place.size - done),
                                  static_cast<off_t>(place.offset + done));
    if (taken < 0 && errno == EINTR) continue;
    if (taken <= 0) fail_to_keep(folder_);
    done += taken;
  }
  return bytes;
}

}  // namespace multipole
