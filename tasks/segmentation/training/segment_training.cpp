#include "tasks/segmentation/training/segment_training.h"

#include <memory>

#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/palette.h"
#include "engine/training/vision_run.h"
#include "tasks/segmentation/mask_record.h"
#include "tasks/segmentation/report/segmentation_run.h"
#include "tasks/segmentation/segment_data.h"
#include "tasks/segmentation/training/segment_task.h"

namespace multipole {

namespace {

class SegmenterTraining : public OpenedTraining {
 public:
  SegmenterTraining(SegmentConfig given, const std::filesystem::path& path)
      : found_(take_segment_bands(given, path)),
        config_(resolve_segment_config(given)),
        data_(open_segment_data(config_, path)) {
    data_.descriptions.insert(data_.descriptions.begin(), found_.begin(), found_.end());
    take_num_classes(config_.model, data_.class_names.size(), path);
  }

  TrainingRun run() const override {
    ModelMetadata metadata;
    metadata.task = "segmentation";
    metadata.classes = data_.class_names;
    // stored even where it is the default: a model's colours stay what they were
    metadata.palette = data_.palette.empty() ? default_class_colors(data_.class_names.size()) : data_.palette;
    metadata.preprocessing = to_json_config(config_.preprocessing);
    const auto make_task = [this](const Execution& execution, const std::filesystem::path& best_path,
                                  const ModelMetadata& complete) -> std::unique_ptr<TrainTask> {
      const SegmentationLoss loss(config_.loss, config_.train.label_smoothing, data_.class_weights);
      ModelMetadata with_masks = complete;
      record_masks(data_.masks, with_masks);
      return std::make_unique<SegmentTask>(execution, loss, *data_.validation, best_path, with_masks);
    };
    return vision_run({.model = config_.model, .metadata = metadata, .make_task = make_task},
                      {.train = config_.train,
                       .config = to_json_config(config_),
                       .data = data_.fingerprint,
                       .stream = *data_.train,
                       .validation_stream = data_.validation.get(),
                       .train_samples = data_.train_samples,
                       .validation_samples = data_.validation_samples,
                       .descriptions = data_.descriptions,
                       .encode_picture = encode_png,
                       .resolve_config = [](const Json& saved) {
                         return to_json_config(resolve_segment_config(config_from_json<SegmentConfig>(saved, "")));
                       }});
  }

  void report(const std::filesystem::path& run_folder, TrainObserver& observer,
              const std::atomic<bool>* stop) const override {
    report_segmentation_run(config_, data_, run_folder, observer, stop);
  }

  std::string score_name() const override { return "miou"; }

 private:
  std::vector<std::string> found_;  // of the bands, where they were measured here
  SegmentConfig config_;            // resolved
  SegmentData data_;
};

}  // namespace

std::unique_ptr<OpenedTraining> open_segmenter_training(const SegmentConfig& config,
                                                        const std::filesystem::path& data) {
  return std::make_unique<SegmenterTraining>(config, data);
}

}  // namespace multipole
