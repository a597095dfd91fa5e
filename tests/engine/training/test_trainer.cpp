#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

#include "backbone/attention/mechanisms/registry.h"
#include "base/error.h"
#include "engine/files/model_file.h"
#include "engine/optimizers/registry.h"
#include "engine/runtime/training_error.h"
#include "engine/training/trainer.h"
#include "tasks/classification/evaluation/evaluator.h"
#include "tests/engine/training/toy_run.h"

namespace multipole {
namespace {

using test::ToyRun;

void expect_same_weights(const VisionModel& first, const VisionModel& second) {
  const auto weights = named_weights(*second);
  for (const auto& [name, tensor] : named_weights(*first)) EXPECT_TRUE(torch::equal(tensor, weights.at(name))) << name;
}

TEST(Trainer, EveryAttentionLearnsAFewPicturesByHeart) {
  for (const auto& attention : attention_types()) {
    SCOPED_TRACE(attention);
    auto config = test::toy_train_config();
    config.epochs = 15;
    config.batch_size = 16;
    config.label_smoothing = 0;
    config.ema.decay = 0.8;
    ToyRun run(config, attention);
    const auto result = run.trainer->run(nullptr);
    EXPECT_EQ(result.stop_reason, StopReason::kFinished);
    EXPECT_EQ(result.num_epochs, 15);
    EXPECT_EQ(result.num_steps, 30);
    // the very pictures that it was trained on, by the model that was saved
    auto best = load_model(run.folder / "best.safetensors", "classification");
    const auto loader = test::toy_loader(32, ToyRun::kClasses, 16, false);
    EXPECT_GE(evaluate_classifier(best.model, *loader, Execution{}).metrics.top1(), 0.9);
  }
}

TEST(Trainer, EveryOptimizerLowersTheLoss) {
  for (const auto& type : optimizer_types()) {
    SCOPED_TRACE(type);
    auto config = test::toy_train_config();
    config.epochs = 6;
    config.optimizer = {{"type", type}};
    ToyRun run(config);
    run.trainer->run(nullptr);
    EXPECT_LT(run.observer.epochs.back().train_loss, 0.95 * run.observer.epochs.front().train_loss);
  }
}

TEST(Trainer, ReportsStepsAndEpochs) {
  auto config = test::toy_train_config();
  config.accumulate = 3;
  config.eval_every = 2;
  config.epochs = 3;
  ToyRun run(config);
  const auto result = run.trainer->run(nullptr);
  // four batches are a window of three and one of one
  ASSERT_EQ(run.observer.steps.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    const auto& step = run.observer.steps[i];
    EXPECT_EQ(step.step, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(step.epoch, static_cast<int64_t>(i / 2));
    EXPECT_EQ(step.step_in_epoch, static_cast<int64_t>(i % 2) + 1);
    EXPECT_EQ(step.steps_per_epoch, 2);
    EXPECT_TRUE(std::isfinite(step.loss) && step.gradient_norm > 0 && step.images_per_second > 0);
  }
  ASSERT_EQ(run.observer.epochs.size(), 3u);
  EXPECT_TRUE(run.observer.epochs[0].metrics.empty());
  EXPECT_TRUE(run.observer.epochs[1].metrics.contains("top1"));
  EXPECT_TRUE(run.observer.epochs[2].metrics.contains("top1")) << "the last epoch is always evaluated";
  EXPECT_GE(result.best_epoch, 1);
}

std::string training_error_of(ToyRun& run) {
  try {
    run.trainer->run(nullptr);
  } catch (const TrainingError& error) {
    return error.what();
  }
  return "";
}

TEST(Trainer, TenNonFiniteStepsInARowEndAtTheLastGoodState) {
  auto config = test::toy_train_config();
  config.epochs = 20;
  config.checkpoint_minutes = 1e-9;  // every step
  ToyRun run(config);
  int64_t call = 0;
  run.task.change_loss = [&](const torch::Tensor& loss) {
    ++call;
    return call == 3 || call > 6 ? loss * std::nan("") : loss;
  };
  const std::string message = training_error_of(run);
  EXPECT_EQ(call, 16);
  EXPECT_NE(message.find("of step 6"), std::string::npos) << message;
  EXPECT_NE(message.find("toy/"), std::string::npos) << message;
  ASSERT_EQ(run.observer.messages.size(), 11u);
  EXPECT_NE(run.observer.messages[0].find("toy/"), std::string::npos) << run.observer.messages[0];
  EXPECT_EQ(run.observer.steps.back().skipped_steps, 10);

  // two epochs ended in the row of failures and neither was saved
  const auto state = load_train_state(run.folder / "last", [](const std::string&) {});
  ASSERT_TRUE(state);
  EXPECT_EQ(state->progress.step, 6);
  EXPECT_EQ(run.trainer->progress().step, 6);
  for (const auto& [name, tensor] : named_weights(*run.model)) {
    EXPECT_TRUE(tensor.isfinite().all().item<bool>());
    EXPECT_TRUE(torch::equal(state->tensors.at("model." + name), tensor));
  }
}

TEST(Trainer, WeightsThatBlewUpAreNeverSaved) {
  auto config = test::toy_train_config();
  config.epochs = 20;
  config.checkpoint_minutes = 1e-9;
  config.ema.enabled = false;  // the average holds only steps whose loss was finite
  ToyRun run(config);
  run.observer.after_step = [&](const StepReport&) {
    const torch::NoGradGuard no_grad;
    run.model->parameters().front().fill_(std::numeric_limits<float>::infinity());
  };
  const std::string message = training_error_of(run);
  EXPECT_NE(message.find("No state is in"), std::string::npos) << message;
  EXPECT_FALSE(std::filesystem::exists(run.folder / "last"));
  EXPECT_FALSE(std::filesystem::exists(run.folder / "best.safetensors"));
}

TEST(Trainer, StopsEarlyWithoutABetterScore) {
  auto config = test::toy_train_config();
  config.epochs = 20;
  config.patience = 3;
  ToyRun run(config);
  const std::vector<double> scores = {std::nan(""), 0.2, 0.5, 0.4, std::nan(""), 0.5};
  size_t call = 0;
  run.task.replace_score = [&] { return scores.at(call++); };
  const auto result = run.trainer->run(nullptr);
  EXPECT_EQ(result.stop_reason, StopReason::kEarlyStop);
  EXPECT_EQ(result.num_epochs, 6);
  EXPECT_EQ(result.best_epoch, 2);
  EXPECT_EQ(result.best_score, 0.5);
  std::vector<bool> best;
  for (const auto& epoch : run.observer.epochs) best.push_back(epoch.is_best);
  EXPECT_EQ(best, (std::vector<bool>{false, true, true, false, false, false}));
}

TEST(Trainer, AStopEndsAfterTheStepAndResumesToTheSameBits) {
  for (const auto& type : optimizer_types()) {
    SCOPED_TRACE(type);
    auto config = test::toy_train_config();
    config.epochs = 3;
    config.accumulate = 2;
    config.optimizer = {{"type", type}};
    ToyRun whole(config, "multipole2d");
    whole.trainer->run(nullptr);

    ToyRun first(config, "multipole2d");
    std::atomic<bool> stop = false;
    first.observer.after_step = [&](const StepReport& report) { stop = report.step == 3; };
    const auto result = first.trainer->run(&stop);
    EXPECT_EQ(result.stop_reason, StopReason::kStopToken);
    EXPECT_EQ(result.num_steps, 3);

    ToyRun second(config, "multipole2d");
    torch::manual_seed(99);
    second.trainer->restore(*load_train_state(first.folder / "last", [](const std::string&) {}));
    EXPECT_EQ(second.trainer->run(nullptr).num_steps, 6);
    expect_same_weights(second.model, whole.model);
    expect_same_weights(second.average, whole.average);
    EXPECT_EQ(second.observer.epochs.back().train_loss, whole.observer.epochs.back().train_loss);
  }
}

TEST(Trainer, AStopDuringEvaluationEvaluatesAgain) {
  auto config = test::toy_train_config();
  config.epochs = 1;
  ToyRun first(config);
  std::atomic<bool> stop = false;
  // the flag goes up when the epoch's last step is done, so the evaluation is what it cuts short
  first.observer.after_step = [&](const StepReport& report) { stop = report.step_in_epoch == report.steps_per_epoch; };
  EXPECT_EQ(first.trainer->run(&stop).stop_reason, StopReason::kStopToken);
  EXPECT_TRUE(first.observer.epochs.empty());
  ToyRun second(config);
  second.trainer->restore(*load_train_state(first.folder / "last", [](const std::string&) {}));
  const auto result = second.trainer->run(nullptr);
  EXPECT_EQ(result.stop_reason, StopReason::kFinished);
  EXPECT_EQ(second.observer.steps.size(), 0u);
  EXPECT_EQ(second.observer.epochs.size(), 1u);
}

TEST(Trainer, AStateOfAnotherModelIsRefused) {
  const auto config = test::toy_train_config();
  ToyRun full(config, "full");
  full.trainer->run(nullptr);
  ToyRun multipole(config, "multipole2d");
  const auto state = *load_train_state(full.folder / "last", [](const std::string&) {});
  EXPECT_THROW(multipole.trainer->restore(state), ModelFileError);
}

}  // namespace
}  // namespace multipole
