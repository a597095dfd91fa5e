// Bytes of a picture in a file without a name, for what can only be decoded from the top: it is there in parts then,
// and memory holds what is looked at.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "datasets/codecs/crop_box.h"

namespace multipole {

class ScratchPlane {
 public:
  // (height, width, channels) bytes of zero, in the folder for temporary files (TMPDIR); gone with the process, however
  // that ends. Throws ResourceError.
  ScratchPlane(int64_t height, int64_t width, int64_t channels);
  ~ScratchPlane();
  ScratchPlane(const ScratchPlane&) = delete;
  ScratchPlane& operator=(const ScratchPlane&) = delete;

  // (rows, width, channels) uint8 from row `top` on. Throws ResourceError.
  void write(int64_t top, const torch::Tensor& rows);
  // (part.height, part.width, channels) uint8, a copy; from any thread, once all is written.
  torch::Tensor read(const CropBox& part) const;

 private:
  int64_t height_, width_, channels_;
  int file_ = -1;
};

}  // namespace multipole
