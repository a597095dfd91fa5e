// What masks store, before it is known what that means.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "datasets/codecs/image_decode.h"
#include "datasets/layouts/layout.h"

namespace multipole {

struct MaskValues {
  std::set<int64_t> values;  // gray levels and palette indices
  bool has_colors = false;   // colour pictures are among them
  int64_t num_masks = 0;     // looked at

  // "0, 3, 7", at most `most` of them.
  std::string text(size_t most = 16) const;
};

// Looks at one mask after the other until `is_enough`. Masks that cannot be read are passed over: who reads them for
// good names them.
MaskValues look_at_masks(const std::vector<PictureAndMask>& pairs, const DecodeOptions& decode,
                         const std::function<bool(const MaskValues&)>& is_enough);

}  // namespace multipole
