// What the values that a folder's masks store are taken for: by what is said of them, else by looking at them.
#pragma once

#include <string>
#include <vector>

#include "datasets/codecs/image_decode.h"
#include "datasets/layouts/layout.h"
#include "datasets/masks/label_map.h"
#include "datasets/masks/mask_options.h"

namespace multipole {

struct MaskMeaning {
  LabelMap labels;
  MaskOptions options;  // with nothing left open: another split of the data is read by them
  std::string note;     // what was seen and what it is taken for; empty where nothing had to be found out
};

// Looks at the listing's masks where they may be black and white (two classes, and nothing said of 255) or where the
// data have no list of classes: masks of two values, 0 and 1 or 0 and 255, are background and foreground then. Throws
// ConfigError where options contradict each other, for a colour map that names other classes, or, showing the values,
// where the classes cannot be told.
MaskMeaning find_mask_meaning(const SegmentationListing& listing, const MaskOptions& options,
                              const DecodeOptions& decode);

}  // namespace multipole
