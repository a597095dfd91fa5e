#include "engine/study/model_cost.h"

#include <torch/utils.h>

#include "engine/bench/timing.h"
#include "engine/runtime/peak_memory.h"

namespace multipole {
StudyCost measure_model(VisionModel& model, int64_t image_size, const MeasureOptions& options) {
  torch::NoGradGuard no_grad;
  const bool was_training = model->is_training();
  model->eval();
  const BackboneCost counted = model->backbone()->cost(image_size, image_size);
  StudyCost cost;
  cost.resolution = image_size;
  cost.attention_flops = counted.attention.flops;
  cost.attention_bytes = counted.attention.bytes;
  cost.model_flops = counted.flops;
  const auto images = torch::randn({options.batch_size, 3, image_size, image_size});
  const auto batch = static_cast<double>(options.batch_size);
  {
    const PeakMemory memory;
    model->forward(images);
    if (const auto extra = memory.extra_bytes()) cost.peak_bytes_per_image = static_cast<double>(*extra) / batch;
  }
  const Timing timing = time_calls([&] { model->forward(images); }, {.seconds = options.seconds, .min_runs = 3});
  cost.images_per_second = batch / timing.median;
  model->train(was_training);
  return cost;
}

}  // namespace multipole
