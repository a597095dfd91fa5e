#include "engine/study/study_task.h"
#include "engine/training/segment_data.h"
#include "engine/training/segment_training.h"

namespace multipole {
namespace {

class SegmentStudyTask : public StudyTask {
 public:
  std::string score_name() const override { return "mIoU"; }

  ModelConfig model(const StudyConfig& study, const StudyVariant& variant) const override {
    return resolve_segment_config(run_config(study, variant, 0)).model;
  }

  TrainResult train(const StudyConfig& study, const StudyVariant& variant, int64_t seed,
                    const std::filesystem::path& data, const std::filesystem::path& run, TrainObserver& observer,
                    const std::atomic<bool>* stop) const override {
    return train_segmenter(run_config(study, variant, seed), data, run, observer, {}, stop);
  }

  torch::Tensor pictures(const StudyConfig& study, const StudyVariant& variant,
                         const std::filesystem::path& data) const override {
    const auto opened = open_segment_data(run_config(study, variant, 0), data);
    opened.validation->start_epoch(0, 0);
    const auto batch = opened.validation->next();
    return batch && batch->size() > 0 ? batch->images : torch::Tensor();
  }

 private:
  static SegmentConfig run_config(const StudyConfig& study, const StudyVariant& variant, int64_t seed) {
    return config_from_json<SegmentConfig>(study_run_config(study, variant, seed), "variant " + variant.name);
  }
};

}  // namespace

const StudyTask& segment_study_task() {
  static const SegmentStudyTask task;
  return task;
}

}  // namespace multipole
