// What a model costs at a picture size: counted from its layers, and measured.
#pragma once

#include <cstdint>

#include "backbone/attention/attention_cost.h"
#include "engine/study/study_result.h"
#include "heads/model.h"

namespace multipole {

struct ModelCost {
  AttentionCost attention;  // all blocks, projections included
  double model_flops = 0;   // and stem, downsampling, MLPs; the head, a few operations a picture, is left out
};

// One square picture of `image_size` pixels. FLOPs count a multiply-add as two (backbone/attention/attention_cost.h).
ModelCost count_model_cost(const VisionModelImpl& model, int64_t image_size);

struct MeasureOptions {
  int64_t batch_size = 8;
  double seconds = 1;  // at least so long
};

// Counts, and times the forward pass on random pictures on the CPU in float32, after one pass to warm up.
StudyCost measure_model(VisionModel& model, int64_t image_size, const MeasureOptions& options);

}  // namespace multipole
