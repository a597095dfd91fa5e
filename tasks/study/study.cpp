#include "tasks/study/study.h"

#include <algorithm>
#include <cmath>

#include "backbone/registry.h"
#include "base/error.h"
#include "engine/files/model_file.h"
#include "engine/study/attention_error.h"
#include "engine/study/model_cost.h"
#include "tasks/registry.h"

namespace multipole {
namespace {

constexpr int64_t kErrorPictures = 16;

// A variant's model with every default written out.
ModelConfig model_of(const Task& task, const StudyConfig& config, const StudyVariant& variant) {
  try {
    return task.model(study_run_config(config, variant, 0));
  } catch (const ConfigError& error) {
    throw ConfigError("variant " + variant.name + ": " + error.what());
  }
}

// The first pictures of the validation split as the model sees them, (B, 3, H, W); undefined where there are none.
torch::Tensor validation_pictures(const OpenedTraining& training) {
  BatchStream* stream = training.run().validation_stream;
  if (stream == nullptr) return {};
  stream->start_epoch(0);
  const auto batch = stream->next();
  return batch && batch->size() > 0 ? batch->images : torch::Tensor();
}

class Study {
 public:
  Study(const StudyConfig& config, const std::filesystem::path& data, const std::filesystem::path& out,
        const StudyWatcher& watcher, const std::atomic<bool>* stop)
      : config_(config),
        task_(task_registry().find(config.task, "task")),
        data_(data),
        out_(out),
        watcher_(watcher),
        stop_(stop) {
    check_study(config);
    result_.title = config.title;
    result_.score_name = task_->study_score();
    for (const auto& variant : config.variants) result_.rows.push_back({.name = variant.name});
  }

  StudyResult run() {
    // seeds outside: a study that is stopped has compared all variants, if with fewer seeds
    for (const int64_t seed : config_.seeds) {
      for (size_t i = 0; i < config_.variants.size(); ++i) {
        if (!train(i, seed)) {
          result_.complete = false;
          watcher_.on_result(result_);
          return result_;
        }
        watcher_.on_result(result_);
      }
    }
    for (size_t i = 0; i < config_.variants.size(); ++i) measure(i);
    if (!config_.reference.empty() && !config_.seeds.empty()) compare_attention();
    watcher_.on_result(result_);
    return result_;
  }

 private:
  std::filesystem::path run_folder(const std::string& variant, int64_t seed) const {
    return out_ / "runs" / variant / ("seed-" + std::to_string(seed));
  }

  // False where `stop` ended it.
  bool train(size_t index, int64_t seed) {
    const StudyVariant& variant = config_.variants[index];
    const size_t runs = config_.variants.size() * config_.seeds.size();
    const auto observer = watcher_.on_run(variant.name + ", seed " + std::to_string(seed) + " (" +
                                          std::to_string(++started_) + " of " + std::to_string(runs) + ")");
    const TrainResult trained = train_opened(*task_->open(study_run_config(config_, variant, seed), data_),
                                             run_folder(variant.name, seed), *observer, {}, stop_);
    if (trained.stop_reason == StopReason::kStopToken) return false;
    result_.rows[index].runs.push_back({.seed = seed, .score = trained.best_score, .epochs = trained.num_epochs});
    return true;
  }

  VisionModel untrained(const StudyVariant& variant) const {
    ModelConfig model = model_of(*task_, config_, variant);
    // costs of the head are left out, so any number of classes does
    if (model.num_classes == 0) model.num_classes = 10;
    return VisionModel(model);
  }

  void measure(size_t index) {
    VisionModel model = untrained(config_.variants[index]);
    StudyRow& row = result_.rows[index];
    row.num_parameters = model->num_parameters();
    for (const int64_t side : config_.resolutions) {
      if (stop_ != nullptr && stop_->load()) {
        result_.complete = false;
        return;
      }
      watcher_.on_message("measuring " + row.name + " at " + std::to_string(side) + " x " + std::to_string(side));
      row.costs.push_back(measure_model(model, side, {.batch_size = config_.batch_size, .seconds = config_.seconds}));
    }
  }

  void compare_attention() {
    const auto best = run_folder(config_.reference, config_.seeds.front()) / "best.safetensors";
    VisionModel full = load_model(best).model;
    const auto reference = std::ranges::find(config_.variants, config_.reference, &StudyVariant::name);
    const auto images = validation_pictures(*task_->open_trial(study_run_config(config_, *reference, 0), data_));
    if (!images.defined()) return;
    for (size_t i = 0; i < config_.variants.size(); ++i) {
      const auto attentions =
          backbone_attentions(model_of(*task_, config_, config_.variants[i]).backbone, "model.backbone");
      result_.rows[i].attention_error = attention_error(full, attentions, images.slice(0, 0, kErrorPictures));
    }
  }

  const StudyConfig& config_;
  std::shared_ptr<const Task> task_;
  std::filesystem::path data_, out_;
  const StudyWatcher& watcher_;
  const std::atomic<bool>* stop_;
  StudyResult result_;
  size_t started_ = 0;
};

}  // namespace

void check_study(const StudyConfig& config) {
  // an unknown mechanism, head or key shows where the model is resolved
  for (const auto& variant : config.variants) model_of(*task_registry().find(config.task, "task"), config, variant);
}

StudyResult run_study(const StudyConfig& config, const std::filesystem::path& data, const std::filesystem::path& out,
                      const StudyWatcher& watcher, const std::atomic<bool>* stop) {
  return Study(config, data, out, watcher, stop).run();
}

}  // namespace multipole
