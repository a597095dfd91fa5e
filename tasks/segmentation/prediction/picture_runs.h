// The pictures of a list in stretches: what is done side by side, a thread each, and what is large enough for all
// threads to work on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "datasets/codecs/image_decode.h"

namespace multipole {

// Whether the picture is so large (2048 x 2048 pixels) that it is best done alone. A file is opened to learn it where
// it is not small itself; one that cannot be read is not large.
bool is_large_picture(int64_t height, int64_t width);
bool is_large_picture(const std::filesystem::path& path, const DecodeOptions& decode);

// Indices 0 .. count - 1 in their order, those that are skipped left out. Each large one is a stretch of its own.
class PictureRuns {
 public:
  using Test = std::function<bool(size_t index)>;

  PictureRuns(size_t count, Test is_large, Test is_skipped = {});

  // Goes to the next stretch; false at the end of the list.
  bool start();
  // The next of the stretch.
  std::optional<size_t> next();

 private:
  size_t count_, next_ = 0;
  Test is_large_, is_skipped_;
  std::optional<bool> next_is_large_;  // none: not looked at yet, or at the end
  bool is_over_ = true;                // the stretch
};

}  // namespace multipole
