// A picture read from the top down, some rows at a time, so that it need not be whole in memory. Streams TIFF (strips,
// tiles), JPEG and PNG; what cannot be streamed (other formats, turned or interlaced pictures, one-strip TIFFs) is
// decoded whole behind the same interface. Pixels and errors are those of image_decode.h; damage shows where the
// reading meets it.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "datasets/codecs/image_decode.h"

namespace multipole {

class PictureRows {
 public:
  virtual ~PictureRows() = default;

  // Size of the upright picture.
  virtual int64_t height() const = 0;
  virtual int64_t width() const = 0;

  // The next `count` rows, (count, width, 3) uint8 RGB. At most `height` in all. Throws InputError.
  virtual torch::Tensor read(int64_t count) = 0;

  // (count, width) bool: which pixels of the rows that the last read() gave hold data; undefined where all do.
  virtual torch::Tensor read_validity() { return {}; }

  // What was left out, such as pages after the first.
  virtual std::vector<std::string> notes() const = 0;
};

// Throws InputError "cannot read PATH: reason".
std::unique_ptr<PictureRows> open_picture_rows(const std::filesystem::path& path, const DecodeOptions& options);

// The picture's rows from memory: (H, W, 3) uint8 contiguous.
std::unique_ptr<PictureRows> rows_of(torch::Tensor pixels, std::vector<std::string> notes = {});

}  // namespace multipole
