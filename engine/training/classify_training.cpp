#include "engine/training/classify_training.h"

#include <memory>

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
  const auto make_task = [&](const Execution& execution, const std::filesystem::path& best_path,
                             const ModelMetadata& complete) -> std::unique_ptr<TrainTask> {
    return std::make_unique<ClassifyTask>(execution, resolved.train.label_smoothing, *data.validation, best_path,
                                          complete);
  };
  const TrainingRun run{.model = resolved.model,
                        .train = resolved.train,
                        .config = to_json_config(resolved),
                        .data = data.fingerprint,
                        .loader = *data.train,
                        .train_samples = data.train_samples,
                        .validation_samples = data.validation_samples,
                        .metadata = metadata,
                        .descriptions = data.descriptions,
                        .make_task = make_task};
  return run_training(run, out, observer, resume, stop);
}

}  // namespace multipole
