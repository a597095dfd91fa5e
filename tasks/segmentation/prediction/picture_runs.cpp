#include "tasks/segmentation/prediction/picture_runs.h"

#include <system_error>
#include <utility>

#include "base/error.h"
#include "datasets/pictures/picture_rows.h"

namespace multipole {
namespace {

constexpr int64_t kLargePicture = int64_t{1} << 22;             // pixels
constexpr std::uintmax_t kSmallFile = std::uintmax_t{1} << 19;  // bytes: not worth the opening

}  // namespace

bool is_large_picture(int64_t height, int64_t width) { return height * width >= kLargePicture; }

bool is_large_picture(const std::filesystem::path& path, const DecodeOptions& decode) {
  std::error_code code;
  const auto size = std::filesystem::file_size(path, code);
  if (code || size < kSmallFile) return false;
  try {
    const auto picture = open_picture_rows(path, decode);
    return is_large_picture(picture->height(), picture->width());
  } catch (const InputError&) {
    return false;  // who segments it says so
  }
}

PictureRuns::PictureRuns(size_t count, Test is_large, Test is_skipped)
    : count_(count), is_large_(std::move(is_large)), is_skipped_(std::move(is_skipped)) {}

bool PictureRuns::start() {
  is_over_ = false;
  if (!next_is_large_) {
    while (next_ < count_ && is_skipped_ && is_skipped_(next_)) ++next_;
    if (next_ < count_) next_is_large_ = is_large_(next_);
  }
  return next_is_large_.has_value();
}

std::optional<size_t> PictureRuns::next() {
  if (is_over_ || !next_is_large_) return std::nullopt;
  const size_t index = next_++;
  const bool was_large = *next_is_large_;
  next_is_large_.reset();
  start();
  is_over_ = was_large || (next_is_large_ && *next_is_large_);
  return index;
}

}  // namespace multipole
