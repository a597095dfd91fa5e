// Parts of the labels of a picture, whatever they are stored as.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/codecs/crop_box.h"

namespace multipole {

struct LabelPart {
  torch::Tensor labels;            // (part.height, part.width) uint8 class ids, 255 ignored
  std::vector<std::string> notes;  // what was left out or guessed
};

class LabelWindows {
 public:
  virtual ~LabelWindows() = default;
  virtual int64_t height() const = 0;
  virtual int64_t width() const = 0;
  // From any thread. Throws InputError with the file, and the place of a value that is no class.
  virtual LabelPart read(const CropBox& part) const = 0;
};

}  // namespace multipole
