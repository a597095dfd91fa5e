#include "engine/study/model_cost.h"

#include <torch/utils.h>

#include <memory>
#include <string>

#include "backbone/attention/attention.h"
#include "backbone/pyramid_config.h"
#include "engine/bench/peak_memory.h"
#include "engine/bench/timing.h"

namespace multipole {
namespace {

const std::string kStages = "backbone.stages.";

// The stage that "backbone.stages.2.blocks.0.mlp" belongs to; the stem's layers count as the first stage's.
int64_t stage_of(const std::string& name) { return name.starts_with(kStages) ? name[kStages.size()] - '0' : 0; }

int64_t side_at(int64_t image_size, int64_t stride) { return (image_size + stride - 1) / stride; }

// Side of the map that a layer gives out.
int64_t output_side(const PyramidConfig& config, const std::string& name, int64_t image_size) {
  const bool is_first = name.starts_with("backbone.stem.conv1");
  return side_at(image_size,
                 is_first && config.stem_stride > 2 ? config.stem_stride / 2 : config.stride(stage_of(name)));
}

}  // namespace

ModelCost count_model_cost(const VisionModelImpl& model, int64_t image_size) {
  const auto config = config_from_json<PyramidConfig>(model.config().backbone, "model.backbone");
  ModelCost cost;
  for (const auto& module : model.named_modules()) {
    const auto attention = std::dynamic_pointer_cast<Attention>(module.value());
    if (!attention) continue;
    const int64_t side = side_at(image_size, config.stride(stage_of(module.key())));
    cost.attention += attention->cost(side, side);
  }
  cost.model_flops = cost.attention.flops;
  for (const auto& parameter : model.named_parameters()) {
    const std::string& name = parameter.key();
    // a matrix or a convolution's kernel: each of its weights acts once on every token that it gives out
    if (!name.starts_with("backbone.") || name.find(".attention.") != name.npos || parameter->dim() < 2) continue;
    const auto side = static_cast<double>(output_side(config, name, image_size));
    cost.model_flops += 2 * side * side * static_cast<double>(parameter->numel());
  }
  return cost;
}

StudyCost measure_model(VisionModel& model, int64_t image_size, const MeasureOptions& options) {
  torch::NoGradGuard no_grad;
  const bool was_training = model->is_training();
  model->eval();
  const ModelCost counted = count_model_cost(*model, image_size);
  StudyCost cost;
  cost.resolution = image_size;
  cost.attention_flops = counted.attention.flops;
  cost.attention_bytes = counted.attention.bytes;
  cost.model_flops = counted.model_flops;
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
