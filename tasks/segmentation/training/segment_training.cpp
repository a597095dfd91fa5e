#include "tasks/segmentation/training/segment_training.h"

#include <memory>

#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/palette.h"
#include "engine/training/training_run.h"
#include "tasks/segmentation/mask_record.h"
#include "tasks/segmentation/report/segmentation_run.h"
#include "tasks/segmentation/segment_data.h"
#include "tasks/segmentation/training/segment_task.h"

namespace multipole {

namespace {

// What trainings and trials start from; it outlives the TrainingRun that is made of it.
struct OpenedSegmentData {
  OpenedSegmentData(const SegmentConfig& given, const std::filesystem::path& path)
      : config(resolve_segment_config(given)), data(open_segment_data(config, path)) {
    take_num_classes(config.model, data.class_names.size(), path);
  }

  TrainingRun run() const {
    ModelMetadata metadata;
    metadata.task = "segmentation";
    metadata.classes = data.class_names;
    // stored even where it is the default: a model's colours stay what they were
    metadata.palette = data.palette.empty() ? default_class_colors(data.class_names.size()) : data.palette;
    metadata.preprocessing = to_json_config(config.preprocessing);
    const auto make_task = [this](const Execution& execution, const std::filesystem::path& best_path,
                                  const ModelMetadata& complete) -> std::unique_ptr<TrainTask> {
      const SegmentationLoss loss(config.loss, config.train.label_smoothing, data.class_weights);
      ModelMetadata with_masks = complete;
      record_masks(data.masks, with_masks);
      return std::make_unique<SegmentTask>(execution, loss, *data.validation, best_path, with_masks);
    };
    return {.model = config.model,
            .train = config.train,
            .config = to_json_config(config),
            .data = data.fingerprint,
            .loader = *data.train,
            .validation_loader = *data.validation,
            .train_samples = data.train_samples,
            .validation_samples = data.validation_samples,
            .metadata = metadata,
            .descriptions = data.descriptions,
            .encode_picture = encode_png,
            .make_task = make_task};
  }

  SegmentConfig config;  // resolved
  SegmentData data;
};

}  // namespace

TrainResult train_segmenter(const SegmentConfig& config, const std::filesystem::path& data_root,
                            const std::filesystem::path& out, TrainObserver& observer, const ResumeOptions& resume,
                            const std::atomic<bool>* stop) {
  const OpenedSegmentData opened(config, data_root);
  TrainResult result = run_training(opened.run(), out, observer, resume, stop);
  if (result.has_trained && result.stop_reason != StopReason::kStopToken && !result.best_model.empty()) {
    report_segmentation_run(opened.config, opened.data, out, observer, stop);
  }
  result.score_name = "miou";
  return result;
}

LrRange test_segmenter_learning_rates(const SegmentConfig& config, const std::filesystem::path& data,
                                      const LrRangeOptions& options, TrainObserver& observer,
                                      const ResumeOptions& start, const std::atomic<bool>* stop) {
  const OpenedSegmentData opened(config, data);
  return run_lr_range_test(opened.run(), start, options, observer, stop);
}

StepTiming time_segmenter_steps(const SegmentConfig& config, const std::filesystem::path& data,
                                const StepTimingOptions& options) {
  SegmentConfig unweighted = config;
  unweighted.data.census = false;
  unweighted.loss.class_weights = "none";
  const OpenedSegmentData opened(unweighted, data);
  return time_training_steps(opened.run(), options);
}

}  // namespace multipole
