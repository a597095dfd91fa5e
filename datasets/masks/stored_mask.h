// What the pixels of a mask store, before it is known what that means.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace multipole {

// Palette indices or gray levels of 1 to 16 bits as (H, W) int32, or the RGB of a colour-coded mask as (H, W, 3) uint8.
// Alpha and EXIF are left out of account.
struct StoredMask {
  torch::Tensor values;
  torch::Tensor ignored = {};           // (H, W) bool: pixels that the file itself says hold no data; undefined: none
  std::vector<std::string> notes = {};  // what was left out or guessed

  bool is_colored() const { return values.dim() == 3; }
};

enum class MaskForm {
  kStored,  // values, or colours where the file stores them
  kColors,  // colours as a viewer shows them: the palette's, or (v, v, v) of gray levels scaled to 8 bits
};

// The values of a mask whose colours are all gray, as programs store black and white; undefined where they are not.
torch::Tensor gray_values(const StoredMask& mask);

}  // namespace multipole
