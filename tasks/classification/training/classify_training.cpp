#include "tasks/classification/training/classify_training.h"

#include <memory>

#include "datasets/codecs/codec_versions.h"
#include "datasets/pictures/image_encode.h"
#include "engine/files/classifier_file.h"
#include "engine/training/training_run.h"
#include "tasks/classification/classify_data.h"
#include "tasks/classification/report/classification_run.h"
#include "tasks/classification/report/multi_label_run.h"
#include "tasks/classification/training/classify_task.h"
#include "tasks/classification/training/multi_label_task.h"

namespace multipole {

namespace {

// What both trainings and range tests start from; it outlives the TrainingRun that is made of it.
struct OpenedData {
  OpenedData(const ClassifyConfig& given, const std::filesystem::path& path)
      : config(resolve_classify_config(given)), data(open_classify_data(config, path)) {
    take_num_classes(config.model, data.class_names.size(), path);
    config.objective = resolve_objective(config.objective, is_multi_label());
    if (config.objective.class_weights == "balanced") {
      class_weights = is_multi_label() ? balanced_positive_weights(data.train_labels, data.label_sets)
                                       : balanced_class_weights(data.train_labels, config.model.num_classes);
    }
  }

  bool is_multi_label() const { return data.label_sets.defined(); }

  std::unique_ptr<TrainTask> make_task(const Execution& execution, const std::filesystem::path& best_path,
                                       const ModelMetadata& complete) const {
    const double smoothing = config.train.label_smoothing;
    if (is_multi_label()) {
      return std::make_unique<MultiLabelTask>(execution, smoothing, *data.validation, best_path, complete,
                                              data.label_sets, class_weights);
    }
    return std::make_unique<ClassifyTask>(execution, smoothing, *data.validation, best_path, complete, config.objective,
                                          class_weights);
  }

  TrainingRun run() const {
    ModelMetadata metadata;
    metadata.task = is_multi_label() ? kMultiLabelClassification : kClassification;
    metadata.classes = data.class_names;
    metadata.preprocessing = to_json_config(config.preprocessing);
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
            .encode_picture = codec_versions().empty() ? PictureEncoder() : encode_png,
            .make_task = [this](const Execution& execution, const std::filesystem::path& best_path,
                                const ModelMetadata& complete) { return make_task(execution, best_path, complete); }};
  }

  ClassifyConfig config;  // resolved
  ClassifyData data;
  torch::Tensor class_weights;
};

}  // namespace

TrainResult train_classifier(const ClassifyConfig& config, const std::filesystem::path& data,
                             const std::filesystem::path& out, TrainObserver& observer, const ResumeOptions& resume,
                             const std::atomic<bool>* stop) {
  const OpenedData opened(config, data);
  TrainResult result = run_training(opened.run(), out, observer, resume, stop);
  if (result.has_trained && result.stop_reason != StopReason::kStopToken && !result.best_model.empty()) {
    const auto report = opened.is_multi_label() ? report_multi_label_run : report_classification_run;
    report(opened.config, opened.data, out, observer, stop);
  }
  result.score_name = opened.config.objective.score;
  return result;
}

LrRange test_classifier_learning_rates(const ClassifyConfig& config, const std::filesystem::path& data,
                                       const LrRangeOptions& options, TrainObserver& observer,
                                       const ResumeOptions& start, const std::atomic<bool>* stop) {
  const OpenedData opened(config, data);
  return run_lr_range_test(opened.run(), start, options, observer, stop);
}

StepTiming time_classifier_steps(const ClassifyConfig& config, const std::filesystem::path& data,
                                 const StepTimingOptions& options) {
  const OpenedData opened(config, data);
  return time_training_steps(opened.run(), options);
}

}  // namespace multipole
