// Whole trainings of a small classifier on a few drawn pictures.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "datasets/synthetic/synthetic_writer.h"
#include "tasks/classification/training/classify_training.h"
#include "tests/support/small_model.h"

namespace multipole::test {

struct Recorder : TrainObserver {
  TrainPlan plan;
  std::string messages;
  std::function<void(const StepReport&)> after_step;

  void on_start(const TrainPlan& started) override { plan = started; }
  void on_message(const std::string& message) override { messages += message + "\n"; }
  void on_step(const StepReport& report) override {
    if (after_step) after_step(report);
  }
};

// 24 training and 8 validation pictures of 16 x 16 in four classes.
inline void write_data(const std::filesystem::path& root, int64_t num_classes = 4, int64_t train_images = 24) {
  SyntheticConfig config;
  config.num_classes = num_classes;
  config.image_size = 16;
  config.train_images = train_images;
  config.val_images = 2 * num_classes;
  write_synthetic(config, root);
}

// All that draws random numbers or keeps state is on.
inline ClassifyConfig small_config(const std::string& attention = "multipole2d") {
  ClassifyConfig config;
  config.model = small_model_config(attention, 0);
  config.model.backbone.erase("image_size");
  config.model.backbone["drop_path_rate"] = 0.2;
  config.model.head = {{"type", "classification"}, {"dropout", 0.1}};
  config.preprocessing.image_size = 16;
  config.augmentation.mix.mixup_alpha = 0.8;
  config.augmentation.mix.cutmix_alpha = 1.0;
  config.data.workers = 2;
  config.train.epochs = 2;
  config.train.batch_size = 4;
  config.train.accumulate = 2;
  config.train.precision = "float32";
  config.train.log_every = 1;
  return config;
}

inline TrainResult train(const ClassifyConfig& config, const std::filesystem::path& data,
                         const std::filesystem::path& out, const ResumeOptions& resume = {}, int64_t stop_after = -1,
                         Recorder* recorder = nullptr) {
  Recorder own;
  Recorder& observer = recorder != nullptr ? *recorder : own;
  std::atomic<bool> stop = false;
  if (stop_after >= 0) observer.after_step = [&](const StepReport& report) { stop = report.step >= stop_after; };
  return train_opened(*open_classifier_training(config, data), out, observer, resume, &stop);
}

}  // namespace multipole::test
