// A trainer on small pictures in memory, with everything that it works with.
#pragma once

#include <torch/types.h>
#include <torch/utils.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "datasets/loading/loader.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/optimizers/optimizer.h"
#include "engine/training/trainer.h"
#include "tasks/classification/training/classify_task.h"
#include "tests/support/small_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole::test {

// Stripes whose direction and width tell the class, on noise that differs from picture to picture.
class ToyDataset : public Dataset {
 public:
  ToyDataset(int64_t size, int64_t num_classes) : size_(size), num_classes_(num_classes) {}
  int64_t size() const override { return size_; }
  std::string path(int64_t index) const override { return "toy/" + std::to_string(index); }
  Sample get(int64_t index) const override {
    SampleRandom random(1, 0, static_cast<uint64_t>(index));
    const int64_t label = index % num_classes_;
    auto image = torch::empty({16, 16, 3}, torch::kUInt8);
    auto* pixels = image.data_ptr<uint8_t>();
    for (int64_t y = 0; y < 16; ++y) {
      for (int64_t x = 0; x < 16; ++x) {
        const int64_t stripe = ((label % 2 == 0 ? x : y) >> (label / 2)) & 1;
        for (int64_t c = 0; c < 3; ++c) *pixels++ = static_cast<uint8_t>(60 + 100 * stripe + random.below(60));
      }
    }
    return {image, label, {}, path(index)};
  }

 private:
  int64_t size_, num_classes_;
};

inline Preprocessing toy_preprocessing() {
  Preprocessing preprocessing;
  preprocessing.image_size = 16;
  preprocessing.crop_pct = 1.0;
  return preprocessing;
}

inline std::unique_ptr<Loader> toy_loader(int64_t size, int64_t num_classes, LoaderOptions options) {
  options.num_workers = 0;
  return std::make_unique<Loader>(std::make_shared<ToyDataset>(size, num_classes),
                                  make_eval_transform(toy_preprocessing()), toy_preprocessing(), options);
}

inline std::unique_ptr<Loader> toy_loader(int64_t size, int64_t num_classes, int64_t batch_size, bool shuffle) {
  LoaderOptions options;
  options.batch_size = batch_size;
  options.shuffle = shuffle;
  options.drop_last = shuffle;
  return toy_loader(size, num_classes, options);
}

struct RecordingObserver : TrainObserver {
  std::vector<StepReport> steps;
  std::vector<EpochReport> epochs;
  std::vector<std::string> messages;
  std::function<void(const StepReport&)> after_step;

  void on_step(const StepReport& report) override {
    steps.push_back(report);
    if (after_step) after_step(report);
  }
  void on_epoch_end(const EpochReport& report) override { epochs.push_back(report); }
  void on_message(const std::string& message) override { messages.push_back(message); }
};

// Classification, where a test may replace the loss and the score.
class ToyTask : public ClassifyTask {
 public:
  using ClassifyTask::ClassifyTask;
  std::function<torch::Tensor(torch::Tensor)> change_loss;
  std::function<double()> replace_score;

  torch::Tensor loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) override {
    const auto value = ClassifyTask::loss(model, images, batch);
    return change_loss ? change_loss(value) : value;
  }
  TaskEvaluation evaluate(VisionModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) override {
    auto evaluation = ClassifyTask::evaluate(model, group, stop);
    if (replace_score) evaluation.score = replace_score();
    return evaluation;
  }
};

inline ModelConfig toy_model_config(const std::string& attention, int64_t num_classes) {
  auto config = small_model_config(attention, num_classes);
  config.backbone["image_size"] = 16;
  config.backbone["drop_path_rate"] = 0.1;
  return config;
}

struct ToyRun {
  static constexpr int64_t kClasses = 4;

  explicit ToyRun(const TrainConfig& config, const std::string& attention = "full", int64_t train_samples = 32)
      : train_loader(toy_loader(train_samples, kClasses, config.batch_size, true)),
        validation_loader(toy_loader(16, kClasses, 16, false)),
        task(Execution{}, config.label_smoothing, *validation_loader, folder / "best.safetensors",
             metadata(attention)) {
    torch::manual_seed(static_cast<uint64_t>(config.seed));
    model = VisionModel(toy_model_config(attention, kClasses));
    if (config.ema.enabled) average = VisionModel(toy_model_config(attention, kClasses));
    const TrainState identity;
    trainer = std::make_unique<Trainer>(
        config, Execution{}, TrainerParts{model, average, task, *train_loader, observer, folder / "last", identity});
  }

  static ModelMetadata metadata(const std::string& attention) {
    ModelMetadata result;
    result.architecture = resolve_model_config(toy_model_config(attention, kClasses));
    result.classes = {"a", "b", "c", "d"};
    result.preprocessing = to_json_config(toy_preprocessing());
    return result;
  }

  TemporaryFolder folder;
  RecordingObserver observer;
  std::unique_ptr<Loader> train_loader, validation_loader;
  ToyTask task;
  VisionModel model{nullptr}, average{nullptr};
  std::unique_ptr<Trainer> trainer;
};

inline TrainConfig toy_train_config() {
  TrainConfig config;
  config.epochs = 2;
  config.batch_size = 8;
  config.optimizer = {{"type", "adamw"}, {"lr", 3e-3}};
  config.schedule.warmup_epochs = 0.5;
  config.precision = "float32";
  config.checkpoint_minutes = 0;
  return config;
}

}  // namespace multipole::test
