// A picture read from the top down, some rows at a time, so that it need not be whole in memory. Streams TIFF (strips,
// tiles), JPEG and PNG; what cannot be streamed (other formats, turned or interlaced pictures, one-strip TIFFs) is
// decoded whole behind the same interface. Pixels and errors are those of image_decode.h; damage shows where the
// reading meets it. Where the options choose bands, rows are those of a raster, scaled to bytes
// (datasets/rasters/byte_scaling.h); where the program is built with GDAL, it reads what is no picture otherwise: RGB
// of its first three bands of bytes, or of its only one.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "datasets/codecs/crop_box.h"
#include "datasets/codecs/image_decode.h"

namespace multipole {

class PictureRows {
 public:
  virtual ~PictureRows() = default;

  // Size of the upright picture.
  virtual int64_t height() const = 0;
  virtual int64_t width() const = 0;

  // The next `count` rows, (count, width, C) uint8: RGB, or the bands that were chosen. At most `height` in all. Throws
  // InputError.
  virtual torch::Tensor read(int64_t count) = 0;

  // From now on read() gives the rows of this part, from its top, and its columns alone: of a TIFF in tiles or strips,
  // or what GDAL reads, from little more of the file than that. False, and no rows are given any more, where it can
  // only be read from the top.
  virtual bool go_to(const CropBox&) { return false; }

  // (count, width) bool: which pixels of the rows that the last read() gave hold data; undefined where all do.
  virtual torch::Tensor read_validity() { return {}; }

  // What was left out, such as pages after the first.
  virtual std::vector<std::string> notes() const = 0;
};

// Throws InputError "cannot read PATH: reason".
std::unique_ptr<PictureRows> open_picture_rows(const std::filesystem::path& path, const DecodeOptions& options);

// The picture's rows from memory: (H, W, C) uint8 contiguous.
std::unique_ptr<PictureRows> rows_of(torch::Tensor pixels, std::vector<std::string> notes = {});

}  // namespace multipole
