#include "engine/training/vision_run.h"

#include <torch/utils.h>

#include <string>
#include <utility>

#include "base/error.h"
#include "engine/files/process_command.h"
#include "engine/weights/weight_init.h"
#include "heads/model/model.h"

namespace multipole {

TrainingRun vision_run(const VisionTraining& training, TrainingRun run) {
  ModelMetadata metadata = training.metadata;
  metadata.training.update({{"epochs", run.train.epochs},
                            {"batch_size", run.train.batch_size * run.train.accumulate},
                            {"seed", run.train.seed},
                            {"train_samples", run.train_samples},
                            {"build", build_description()},
                            {"command", process_command()},
                            {"data", run.config.value("data", Json::object())}});
  run.num_classes = training.model.num_classes;
  run.make_model = [config = training.model] { return VisionModel(config); };
  run.make_task = [make_task = training.make_task, metadata](
                      const Execution& execution, const std::filesystem::path& best_path, const TrainedModel& model) {
    ModelMetadata complete = metadata;
    complete.architecture = model.as<VisionModel>()->config();
    return make_task(execution, best_path, complete);
  };
  run.pass_flops = [](const TrainedModel& model, at::IntArrayRef sizes) {
    const VisionModel own = model.as<VisionModel>();
    return static_cast<double>(sizes[0]) * own->backbone().cost(sizes[2], sizes[3]).flops;
  };
  run.start_from = [classes = metadata.classes](TrainedModel& model, const ResumeOptions& options) {
    VisionModel own = model.as<VisionModel>();
    return initialize_weights(*own, *options.init_weights, classes, options.init_key_map).table();
  };
  return run;
}

void take_num_classes(ModelConfig& model, size_t found, const std::filesystem::path& data_root) {
  const auto count = static_cast<int64_t>(found);
  if (model.num_classes == 0) model.num_classes = count;
  if (model.num_classes != count) {
    throw ConfigError("model.num_classes is " + std::to_string(model.num_classes) + ", but " + data_root.string() +
                      " has " + std::to_string(count) + " classes; 0 takes the data's number");
  }
}

}  // namespace multipole
