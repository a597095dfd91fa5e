#include "tasks/classification/training/classify_training.h"

#include <memory>

#include "datasets/codecs/codec_versions.h"
#include "datasets/pictures/image_encode.h"
#include "engine/files/classifier_file.h"
#include "engine/training/vision_run.h"
#include "tasks/classification/classify_data.h"
#include "tasks/classification/report/classification_run.h"
#include "tasks/classification/report/multi_label_run.h"
#include "tasks/classification/training/classify_task.h"
#include "tasks/classification/training/multi_label_task.h"

namespace multipole {

namespace {

class ClassifierTraining : public OpenedTraining {
 public:
  ClassifierTraining(ClassifyConfig given, const std::filesystem::path& path)
      : found_(take_classify_bands(given, path)),
        config_(resolve_classify_config(given)),
        data_(open_classify_data(config_, path)) {
    data_.descriptions.insert(data_.descriptions.begin(), found_.begin(), found_.end());
    take_num_classes(config_.model, data_.class_names.size(), path);
    config_.objective = resolve_objective(config_.objective, is_multi_label());
    if (config_.objective.class_weights == "balanced") {
      class_weights_ = is_multi_label() ? balanced_positive_weights(data_.train_labels, data_.label_sets)
                                        : balanced_class_weights(data_.train_labels, config_.model.num_classes);
    }
    if (has_teacher()) {
      require(!is_multi_label(), "teaching.teacher", "teaches one class a picture, and here pictures have several",
              config_.teaching.teacher);
      data_.fingerprint["teacher"] = class_teacher_fingerprint(config_.teaching, data_.class_names);
    }
  }

  TrainingRun run() const override {
    ModelMetadata metadata;
    metadata.task = is_multi_label() ? kMultiLabelClassification : kClassification;
    metadata.classes = data_.class_names;
    metadata.preprocessing = to_json_config(config_.preprocessing);
    if (has_teacher()) metadata.training["teacher"] = data_.fingerprint["teacher"];
    const auto make = [this](const Execution& execution, const std::filesystem::path& best_path,
                             const ModelMetadata& complete) { return make_task(execution, best_path, complete); };
    return vision_run({.model = config_.model, .metadata = metadata, .make_task = make},
                      {.train = config_.train,
                       .config = to_json_config(config_),
                       .data = data_.fingerprint,
                       .stream = *data_.train,
                       .validation_stream = data_.validation.get(),
                       .train_samples = data_.train_samples,
                       .validation_samples = data_.validation_samples,
                       .descriptions = data_.descriptions,
                       .encode_picture = codec_versions().empty() ? PictureEncoder() : encode_png,
                       .resolve_config = [](const Json& saved) {
                         return to_json_config(resolve_classify_config(config_from_json<ClassifyConfig>(saved, "")));
                       }});
  }

  void report(const std::filesystem::path& run_folder, TrainObserver& observer,
              const std::atomic<bool>* stop) const override {
    if (is_multi_label()) return report_multi_label_run(config_, data_, run_folder, observer, stop);
    report_classification_run(config_, data_, run_folder, observer, stop);
  }

  std::string score_name() const override { return config_.objective.score; }

 private:
  bool is_multi_label() const { return data_.label_sets.defined(); }
  bool has_teacher() const { return !config_.teaching.teacher.empty(); }

  std::unique_ptr<TrainTask> make_task(const Execution& execution, const std::filesystem::path& best_path,
                                       const ModelMetadata& complete) const {
    const double smoothing = config_.train.label_smoothing;
    if (is_multi_label()) {
      return std::make_unique<MultiLabelTask>(execution, smoothing, *data_.validation, best_path, complete,
                                              data_.label_sets, class_weights_);
    }
    auto teacher = has_teacher() ? std::make_unique<ClassTeacher>(config_.teaching, data_.class_names,
                                                                  config_.preprocessing, execution)
                                 : nullptr;
    return std::make_unique<ClassifyTask>(execution, smoothing, *data_.validation, best_path, complete,
                                          config_.objective, class_weights_, std::move(teacher));
  }

  std::vector<std::string> found_;  // of the bands, where they were measured here
  ClassifyConfig config_;           // resolved
  ClassifyData data_;
  torch::Tensor class_weights_;
};

}  // namespace

std::unique_ptr<OpenedTraining> open_classifier_training(const ClassifyConfig& config,
                                                         const std::filesystem::path& data) {
  return std::make_unique<ClassifierTraining>(config, data);
}

}  // namespace multipole
