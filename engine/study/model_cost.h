// What a model costs at a picture size: counted from its layers (Backbone::cost), and measured.
#pragma once

#include <cstdint>

#include "engine/study/study_result.h"
#include "heads/model/model.h"

namespace multipole {

struct MeasureOptions {
  int64_t batch_size = 8;
  double seconds = 1;  // at least so long
};

// Counts, and times the forward pass on random pictures on the CPU in float32, after one pass to warm up.
StudyCost measure_model(VisionModel& model, int64_t image_size, const MeasureOptions& options);

}  // namespace multipole
