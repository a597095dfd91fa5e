#include "datasets/ground/scratch_plane.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/error.h"

namespace multipole {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw ResourceError("cannot " + what + " decoded pixels in " + std::filesystem::temp_directory_path().string() +
                      ": " + std::strerror(errno));
}

}  // namespace

ScratchPlane::ScratchPlane(int64_t height, int64_t width, int64_t channels)
    : height_(height), width_(width), channels_(channels) {
  std::string name = (std::filesystem::temp_directory_path() / "multipole.XXXXXX").string();
  file_ = ::mkstemp(name.data());
  if (file_ < 0) fail("keep");
  ::unlink(name.c_str());
  if (::ftruncate(file_, height_ * width_ * channels_) != 0) {
    ::close(file_);
    fail("keep");
  }
}

ScratchPlane::~ScratchPlane() { ::close(file_); }

void ScratchPlane::write(int64_t top, const torch::Tensor& rows) {
  const torch::Tensor dense = rows.contiguous();
  const auto size = static_cast<int64_t>(dense.nbytes());
  for (int64_t done = 0; done < size;) {
    const ssize_t written = ::pwrite(file_, dense.data_ptr<uint8_t>() + done, static_cast<size_t>(size - done),
                                     top * width_ * channels_ + done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail("keep");
    done += written;
  }
}

torch::Tensor ScratchPlane::read(const CropBox& part) const {
  torch::Tensor out = torch::empty({part.height, part.width, channels_}, torch::kUInt8);
  const int64_t size = part.width * channels_;
  for (int64_t y = 0; y < part.height; ++y) {
    const int64_t place = ((part.top + y) * width_ + part.left) * channels_;
    for (int64_t done = 0; done < size;) {
      const ssize_t got =
          ::pread(file_, out.data_ptr<uint8_t>() + y * size + done, static_cast<size_t>(size - done), place + done);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) fail("read");
      done += got;
    }
  }
  return out;
}

}  // namespace multipole
