// What tests of the inference on pictures ask for, and pixels whose normalised values are their bytes.
#pragma once

#include "datasets/pictures/preprocessing.h"
#include "tasks/segmentation/inference/map_sink.h"

namespace multipole::test {

inline constexpr MapOutputs kAllMaps = {.probability = true, .uncertainty = true};

inline Normalizer byte_normalizer() {
  Preprocessing preprocessing;
  preprocessing.mean = {0, 0, 0};
  preprocessing.std = {1.0 / 255, 1.0 / 255, 1.0 / 255};
  return Normalizer(preprocessing);
}

}  // namespace multipole::test
