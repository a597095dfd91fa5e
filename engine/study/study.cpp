#include "engine/study/study.h"

#include <algorithm>
#include <cmath>

#include "backbone/config/error.h"
#include "engine/files/model_file.h"
#include "engine/study/attention_error.h"
#include "engine/study/model_cost.h"
#include "engine/training/classify_data.h"
#include "engine/training/classify_training.h"

namespace multipole {
namespace {

constexpr int64_t kErrorPictures = 16;

class Study {
 public:
  Study(const StudyConfig& config, const std::filesystem::path& data, const std::filesystem::path& out,
        const StudyWatcher& watcher, const std::atomic<bool>* stop)
      : config_(config), data_(data), out_(out), watcher_(watcher), stop_(stop) {
    result_.title = config.title;
    for (const auto& variant : config.variants) {
      classify_config_of(config, variant, 0);
      result_.rows.push_back({.name = variant.name});
    }
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
    const TrainResult trained = train_classifier(classify_config_of(config_, variant, seed), data_,
                                                 run_folder(variant.name, seed), *observer, {}, stop_);
    if (trained.stop_reason == StopReason::kStopToken) return false;
    result_.rows[index].runs.push_back({.seed = seed, .top1 = trained.best_score, .epochs = trained.num_epochs});
    return true;
  }

  VisionModel untrained(const StudyVariant& variant) const {
    ModelConfig model = resolve_classify_config(classify_config_of(config_, variant, 0)).model;
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
    const ClassifyConfig recipe = classify_config_of(config_, *reference, config_.seeds.front());
    const auto data = open_classify_data(recipe, data_);
    data.validation->start_epoch(0, 0);
    const auto batch = data.validation->next();
    if (!batch || batch->size() == 0) return;
    const auto images = batch->images.slice(0, 0, kErrorPictures);
    for (size_t i = 0; i < config_.variants.size(); ++i) {
      const auto model = resolve_classify_config(classify_config_of(config_, config_.variants[i], 0)).model;
      result_.rows[i].attention_error = attention_error(full, model.backbone["attention"], images);
    }
  }

  const StudyConfig& config_;
  std::filesystem::path data_, out_;
  const StudyWatcher& watcher_;
  const std::atomic<bool>* stop_;
  StudyResult result_;
  size_t started_ = 0;
};

}  // namespace

StudyResult run_study(const StudyConfig& config, const std::filesystem::path& data, const std::filesystem::path& out,
                      const StudyWatcher& watcher, const std::atomic<bool>* stop) {
  return Study(config, data, out, watcher, stop).run();
}

}  // namespace multipole
