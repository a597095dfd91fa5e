#include "engine/study/study_task.h"
#include "engine/training/classify_data.h"
#include "engine/training/classify_training.h"

namespace multipole {
namespace {

class ClassifyStudyTask : public StudyTask {
 public:
  std::string score_name() const override { return "Top-1"; }

  ModelConfig model(const StudyConfig& study, const StudyVariant& variant) const override {
    return resolve_classify_config(run_config(study, variant, 0)).model;
  }

  TrainResult train(const StudyConfig& study, const StudyVariant& variant, int64_t seed,
                    const std::filesystem::path& data, const std::filesystem::path& run, TrainObserver& observer,
                    const std::atomic<bool>* stop) const override {
    return train_classifier(run_config(study, variant, seed), data, run, observer, {}, stop);
  }

  torch::Tensor pictures(const StudyConfig& study, const StudyVariant& variant,
                         const std::filesystem::path& data) const override {
    const auto opened = open_classify_data(run_config(study, variant, 0), data);
    opened.validation->start_epoch(0, 0);
    const auto batch = opened.validation->next();
    return batch && batch->size() > 0 ? batch->images : torch::Tensor();
  }

 private:
  static ClassifyConfig run_config(const StudyConfig& study, const StudyVariant& variant, int64_t seed) {
    return config_from_json<ClassifyConfig>(study_run_config(study, variant, seed), "variant " + variant.name);
  }
};

}  // namespace

const StudyTask& classify_study_task() {
  static const ClassifyStudyTask task;
  return task;
}

}  // namespace multipole
