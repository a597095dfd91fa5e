#include "engine/training/segment_training.h"

#include <memory>

#include "datasets/image_encode.h"
#include "datasets/palette.h"
#include "engine/report/segmentation_run.h"
#include "engine/training/mask_record.h"
#include "engine/training/segment_data.h"
#include "engine/training/segment_task.h"
#include "engine/training/training_run.h"

namespace multipole {

TrainResult train_segmenter(const SegmentConfig& config, const std::filesystem::path& data_root,
                            const std::filesystem::path& out, TrainObserver& observer, const ResumeOptions& resume,
                            const std::atomic<bool>* stop) {
  SegmentConfig resolved = resolve_segment_config(config);
  const SegmentData data = open_segment_data(resolved, data_root);
  take_num_classes(resolved.model, data.class_names.size(), data_root);
  const SegmentationLoss loss(resolved.loss, resolved.train.label_smoothing, data.class_weights);
  ModelMetadata metadata;
  metadata.task = "segmentation";
  metadata.classes = data.class_names;
  // stored even where it is the default: a model's colours stay what they were
  metadata.palette = data.palette.empty() ? default_class_colors(data.class_names.size()) : data.palette;
  metadata.preprocessing = to_json_config(resolved.preprocessing);
  const auto make_task = [&](const Execution& execution, const std::filesystem::path& best_path,
                             const ModelMetadata& complete) -> std::unique_ptr<TrainTask> {
    ModelMetadata with_masks = complete;
    record_masks(data.masks, with_masks);
    return std::make_unique<SegmentTask>(execution, loss, *data.validation, best_path, with_masks);
  };
  const TrainingRun run{.model = resolved.model,
                        .train = resolved.train,
                        .config = to_json_config(resolved),
                        .data = data.fingerprint,
                        .loader = *data.train,
                        .validation_loader = *data.validation,
                        .train_samples = data.train_samples,
                        .validation_samples = data.validation_samples,
                        .metadata = metadata,
                        .descriptions = data.descriptions,
                        .encode_picture = encode_png,
                        .make_task = make_task};
  TrainResult result = run_training(run, out, observer, resume, stop);
  if (result.has_trained && result.stop_reason != StopReason::kStopToken && !result.best_model.empty()) {
    report_segmentation_run(resolved, data, out, observer, stop);
  }
  return result;
}

}  // namespace multipole
