#include "tasks/distillation/distillation_training.h"

#include "base/error.h"
#include "datasets/loading/loader.h"
#include "datasets/sources/unlabelled_pictures.h"
#include "engine/training/data_loading.h"
#include "engine/training/vision_run.h"
#include "tasks/distillation/distill_task.h"
#include "tasks/distillation/distillation_report.h"
#include "tasks/teaching/teacher.h"

namespace multipole {
namespace {

class DistillationTraining : public OpenedTraining {
 public:
  DistillationTraining(const DistillationConfig& given, const std::filesystem::path& path)
      : config_(resolve_distillation_config(given)),
        pictures_(open_unlabelled_pictures(path, source_options(config_.data), config_.data.val_fraction,
                                           static_cast<uint64_t>(config_.data.split_seed))) {
    if (config_.teacher.empty()) {
      throw ConfigError("teacher: name the model file whose features are to be learned (--teacher MODEL)");
    }
    teacher_ = teacher_fingerprint(config_.teacher);
    const auto learned = static_cast<double>(pictures_.train->size());
    const double share = learned / (learned + static_cast<double>(pictures_.validation->size()));
    LoaderOptions options{.batch_size = config_.train.batch_size,
                          .num_workers = config_.data.workers,
                          .prefetch = config_.data.prefetch,
                          .seed = static_cast<uint64_t>(config_.train.seed)};
    limit_bad_pictures(options, config_.train);
    validation_ = std::make_unique<Loader>(with_cache(pictures_.validation, config_.data.cache_gib * (1 - share)),
                                           make_eval_transform(config_.preprocessing), config_.preprocessing, options);
    options.shuffle = true;
    options.drop_last = true;
    options.mix = config_.augmentation.mix;
    train_ = std::make_unique<Loader>(with_cache(pictures_.train, config_.data.cache_gib * share),
                                      make_train_transform(config_.augmentation, config_.preprocessing),
                                      config_.preprocessing, options);
  }

  TrainingRun run() const override {
    ModelMetadata metadata;
    metadata.task = "embedding";
    metadata.preprocessing = to_json_config(config_.preprocessing);
    metadata.training["teacher"] = teacher_;
    const auto make_task = [this](const Execution& execution, const std::filesystem::path& best_path,
                                  const ModelMetadata& complete) -> std::unique_ptr<TrainTask> {
      Teacher teacher(config_.teacher, config_.preprocessing, execution);
      return std::make_unique<DistillTask>(execution, std::move(teacher), *validation_, best_path, complete);
    };
    return vision_run(
        {.model = config_.model, .metadata = metadata, .make_task = make_task},
        {.train = config_.train,
         .config = to_json_config(config_),
         .data = fingerprint(),
         .stream = *train_,
         .validation_stream = validation_.get(),
         .train_samples = pictures_.train->size(),
         .validation_samples = pictures_.validation->size(),
         .descriptions = {pictures_.description},
         .resolve_config = [](const Json& saved) {
           return to_json_config(resolve_distillation_config(config_from_json<DistillationConfig>(saved, "")));
         }});
  }

  void report(const std::filesystem::path& run_folder, TrainObserver& observer,
              const std::atomic<bool>*) const override {
    report_distillation(run_folder, fingerprint(), to_json_config(config_), observer);
  }

  std::string score_name() const override { return "explained_variance"; }

 private:
  Json fingerprint() const {
    return {{"pictures", pictures_.train->size() + pictures_.validation->size()},
            {"hash", pictures_.hash},
            {"teacher", teacher_}};
  }

  DistillationConfig config_;  // resolved
  UnlabelledSplits pictures_;
  Json teacher_;
  std::unique_ptr<Loader> train_, validation_;
};

}  // namespace

std::unique_ptr<OpenedTraining> open_distillation_training(const DistillationConfig& config,
                                                           const std::filesystem::path& data) {
  return std::make_unique<DistillationTraining>(config, data);
}

}  // namespace multipole
