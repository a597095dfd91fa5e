// Writes an RGB JPEG row by row.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>

#include "datasets/pictures/png_writer.h"

namespace multipole {

inline constexpr int64_t kMaxJpegSide = 65500;  // pixels, libjpeg's limit

class JpegWriter {
 public:
  // Throws std::invalid_argument for sides beyond 1 to kMaxJpegSide. Quality: 1 to 100.
  JpegWriter(int64_t height, int64_t width, int quality, ByteSink sink);
  ~JpegWriter();
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  // (rows, width, 3) uint8.
  void write(const torch::Tensor& rows);
  // After the last row.
  void finish();

 private:
  class Encoder;
  void pass_on();

  std::unique_ptr<Encoder> encoder_;
  ByteSink sink_;
};

}  // namespace multipole
