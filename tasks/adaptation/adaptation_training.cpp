#include "tasks/adaptation/adaptation_training.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "datasets/loading/loader.h"
#include "datasets/sources/unlabelled_pictures.h"
#include "engine/distributed/process_place.h"
#include "engine/training/data_loading.h"
#include "engine/training/step_timing.h"
#include "engine/training/vision_run.h"
#include "engine/weights/attention_swap.h"
#include "tasks/adaptation/adapt_task.h"
#include "tasks/adaptation/adaptation_report.h"
#include "tasks/teaching/teacher.h"

namespace multipole {
namespace {

constexpr const char* kWhere = "attention";
constexpr const char* kFullAttention = "full";

// Timing may take this share of the minutes, within these bounds in seconds.
constexpr double kTimingShare = 0.05, kLeastTiming = 3, kMostTiming = 30;
// A held-out picture goes through both models and a picture that is learned from back as well.
constexpr double kEvaluationShare = 0.6;

class AdaptationTraining : public OpenedTraining {
 public:
  AdaptationTraining(const AdaptationConfig& given, const std::filesystem::path& path)
      : config_(resolve_adaptation_config(given)),
        pictures_(open_unlabelled_pictures(path, source_options(config_.data), config_.data.val_fraction,
                                           static_cast<uint64_t>(config_.data.split_seed))),
        metadata_(read_model_metadata(config_.model)) {
    model_ = teacher_fingerprint(config_.model);
    auto preprocessing = config_from_json<Preprocessing>(metadata_.preprocessing, "preprocessing");
    preprocessing.image_size = config_.size;
    const auto learned = static_cast<double>(pictures_.train->size());
    const double share = learned / (learned + static_cast<double>(pictures_.validation->size()));
    LoaderOptions options{.batch_size = 1,
                          .num_workers = config_.data.workers,
                          .prefetch = config_.data.prefetch,
                          .seed = static_cast<uint64_t>(config_.train.seed)};
    limit_bad_pictures(options, config_.train);
    validation_ = std::make_unique<Loader>(with_cache(pictures_.validation, config_.data.cache_gib * (1 - share)),
                                           make_eval_transform(preprocessing), preprocessing, options);
    options.batch_size = config_.train.batch_size;
    options.shuffle = true;
    options.drop_last = true;
    options.mix = config_.augmentation.mix;
    train_ =
        std::make_unique<Loader>(with_cache(pictures_.train, config_.data.cache_gib * share),
                                 make_train_transform(config_.augmentation, preprocessing), preprocessing, options);
  }

  TrainingRun run() const override {
    const int64_t processes = process_place_from_environment().num_processes;
    if (config_.steps > 0 && processes > 1) {
      throw ConfigError("steps: " + std::to_string(processes) +
                        " processes count epochs; give train.epochs (--epochs)");
    }
    ModelMetadata metadata = metadata_;  // task, classes and preprocessing stay
    metadata.training = {{"adapted", model_}, {"adapted_size", config_.size}};
    const auto make_task = [this](const Execution& execution, const std::filesystem::path& best_path,
                                  const ModelMetadata& complete) -> std::unique_ptr<TrainTask> {
      auto reference = swap_attention(load_model(config_.model), kFullAttention, kWhere);
      return std::make_unique<AdaptTask>(config_, execution, std::move(reference), *validation_, best_path, complete);
    };
    TrainingRun run = vision_run(
        {.model = swap_attention(metadata_.architecture, config_.attention.dump(), kWhere),
         .metadata = metadata,
         .make_task = make_task},
        {.train = train_config(),
         .config = to_json_config(config_),
         .data = fingerprint(),
         .stream = *train_,
         .train_samples = pictures_.train->size(),
         .validation_samples = pictures_.validation->size(),
         .steps = config_.steps,
         .descriptions = {pictures_.description},
         .place = [this](TrainProgress& progress) { place_in_epochs(progress); },
         .resolve_config =
             [](const Json& saved) {
               return to_json_config(resolve_adaptation_config(config_from_json<AdaptationConfig>(saved, "")));
             }});
    run.make_model = [this] { return adaptable_model(config_).model; };
    run.make_task = [make = run.make_task](const Execution& execution, const std::filesystem::path& best_path,
                                           const TrainedModel& model) {
      auto task = make(execution, best_path, model);
      static_cast<AdaptTask&>(*task).start_from(model.as<VisionModel>());
      return task;
    };
    return run;
  }

  void report(const std::filesystem::path& run_folder, TrainObserver& observer,
              const std::atomic<bool>*) const override {
    report_adaptation(run_folder, fingerprint(), to_json_config(config_), observer);
  }

  std::string score_name() const override { return "patch_cosine"; }

  int64_t validation_pictures() const { return pictures_.validation->size(); }
  int64_t steps_per_epoch() const {
    return (train_->num_batches() + config_.train.accumulate - 1) / config_.train.accumulate;
  }

 private:
  TrainConfig train_config() const {
    TrainConfig train = config_.train;
    if (config_.steps > 0) train.epochs = (config_.steps - 1) / steps_per_epoch() + 1;
    return train;
  }

  // The last epoch of a run that is made longer by steps may have been cut short: it goes on where it ended.
  void place_in_epochs(TrainProgress& progress) const {
    const int64_t steps = progress.step % steps_per_epoch();
    if (config_.steps <= progress.step || progress.batch > 0 || steps == 0) return;
    progress.epoch = progress.step / steps_per_epoch();
    progress.batch = steps * config_.train.accumulate;
  }

  Json fingerprint() const {
    return {{"pictures", pictures_.train->size() + pictures_.validation->size()},
            {"hash", pictures_.hash},
            {"model", model_}};
  }

  AdaptationConfig config_;  // resolved
  UnlabelledSplits pictures_;
  ModelMetadata metadata_;  // of the model as it is given
  Json model_;              // its fingerprint
  std::unique_ptr<Loader> train_, validation_;
};

// Steps that fill the time with the evaluations that they bring along: one before the first step, one an epoch.
int64_t steps_within(double seconds, double step, double evaluation, int64_t steps_per_epoch) {
  for (int64_t epochs = 1;; ++epochs) {
    const double left = seconds - static_cast<double>(1 + epochs) * evaluation;
    const auto steps = static_cast<int64_t>(std::max(1.0, left / step));
    if (steps <= epochs * steps_per_epoch) return steps;
  }
}

}  // namespace

LoadedModel adaptable_model(const AdaptationConfig& config) {
  auto swapped = swap_attention(load_model(config.model), config.attention.dump(), kWhere);
  bool learns = false;
  for (auto& parameter : swapped.model->named_parameters()) {
    const bool is_added = is_added_by_attention(parameter.key());
    parameter->set_requires_grad(is_added);
    learns = learns || is_added;
  }
  if (!learns) {
    throw ConfigError("attention " + config.attention.dump() +
                      ": adds nothing that could learn; \"far_gate\": true, \"bias\": true and \"summaries\": "
                      "\"basis\" do");
  }
  return swapped;
}

std::unique_ptr<OpenedTraining> open_adaptation(const AdaptationConfig& config, const std::filesystem::path& data) {
  return std::make_unique<AdaptationTraining>(config, data);
}

AdaptationPlan plan_adaptation(const AdaptationConfig& config, const std::filesystem::path& data, double minutes) {
  AdaptationConfig timed = config;
  timed.block_epochs = 0;  // the dearer steps
  timed.steps = 0;
  const AdaptationTraining training(timed, data);
  const StepTiming timing = time_training_steps(
      training.run(), {.seconds = std::clamp(kTimingShare * 60 * minutes, kLeastTiming, kMostTiming)});
  const double picture = 1 / timing.images_per_second;
  const double evaluation = kEvaluationShare * picture * static_cast<double>(training.validation_pictures());
  const int64_t steps = steps_within(60 * minutes, timing.seconds_per_step, evaluation, training.steps_per_epoch());
  return {.steps = steps,
          .reason = std::to_string(steps) + " steps: " + fixed(timing.seconds_per_step, 2) + " s each on " +
                    timing.where + ", about " + fixed(evaluation, 0) + " s for an evaluation"};
}

}  // namespace multipole
