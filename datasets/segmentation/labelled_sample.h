// A picture and its labels as a sample.
#pragma once

#include <string>

#include "datasets/codecs/image_decode.h"
#include "datasets/dataset.h"
#include "datasets/ground/label_windows.h"

namespace multipole {

// Pixels without data are ignored. `labels` has the picture's size.
Sample labelled_sample(const std::string& path, DecodedImage image, LabelPart labels);

}  // namespace multipole
