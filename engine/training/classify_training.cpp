#include "engine/training/classify_training.h"

#include <memory>

#include "datasets/codec_versions.h"
#include "datasets/image_encode.h"
#include "engine/report/classification_run.h"
#include "engine/training/classify_data.h"
#include "engine/training/classify_task.h"
#include "engine/training/training_run.h"

namespace multipole {

TrainResult train_classifier(const ClassifyConfig& config, const std::filesystem::path& data_root,
                             const std::filesystem::path& out, TrainObserver& observer, const ResumeOptions& resume,
                             const std::atomic<bool>* stop) {
  ClassifyConfig resolved = resolve_classify_config(config);
  const ClassifyData data = open_classify_data(resolved, data_root);
  take_num_classes(resolved.model, data.class_names.size(), data_root);
  ModelMetadata metadata;
  metadata.task = "classification";
  metadata.classes = data.class_names;
  metadata.preprocessing = to_json_config(resolved.preprocessing);
  torch::Tensor class_weights;
  if (resolved.objective.class_weights == "balanced") {
    class_weights = balanced_class_weights(data.train_labels, resolved.model.num_classes);
  }
  const auto make_task = [&](const Execution& execution, const std::filesystem::path& best_path,
                             const ModelMetadata& complete) -> std::unique_ptr<TrainTask> {
    return std::make_unique<ClassifyTask>(execution, resolved.train.label_smoothing, *data.validation, best_path,
                                          complete, resolved.objective, class_weights);
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
                        .encode_picture = codec_versions().empty() ? PictureEncoder() : encode_png,
                        .make_task = make_task};
  TrainResult result = run_training(run, out, observer, resume, stop);
  if (result.has_trained && result.stop_reason != StopReason::kStopToken && !result.best_model.empty()) {
    report_classification_run(resolved, data, out, observer, stop);
  }
  return result;
}

}  // namespace multipole
