#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "engine/files/model_file.h"
#include "engine/training/train_step.h"
#include "tests/engine/training/toy_run.h"

namespace multipole {
namespace {

std::vector<Batch> toy_batches(int64_t count, int64_t batch_size) {
  const auto loader = test::toy_loader(count * batch_size, test::ToyRun::kClasses, batch_size, false);
  loader->start_epoch(0);
  std::vector<Batch> batches;
  while (auto batch = loader->next()) batches.push_back(std::move(*batch));
  return batches;
}

std::map<std::string, torch::Tensor> copy_weights(const VisionModel& model) {
  auto weights = named_weights(*model);
  for (auto& [name, tensor] : weights) tensor = tensor.detach().clone();
  return weights;
}

bool same_weights(const VisionModel& model, const std::map<std::string, torch::Tensor>& weights) {
  for (const auto& [name, tensor] : named_weights(*model)) {
    if (!torch::equal(tensor, weights.at(name))) return false;
  }
  return true;
}

// Drop path off and momentum-free gradient descent: an update shows the gradient itself.
struct PlainStep {
  explicit PlainStep(TrainConfig config = test::toy_train_config()) : run(config) {
    config.optimizer = {{"type", "sgd"}, {"lr", 0.1}, {"momentum", 0}, {"nesterov", false}, {"weight_decay", 0}};
    auto model_config = test::toy_model_config("full", test::ToyRun::kClasses);
    model_config.backbone["drop_path_rate"] = 0.0;
    torch::manual_seed(3);
    model = VisionModel(model_config);
    step = std::make_unique<TrainStep>(config, Execution{}, model, nullptr, run.task);
  }
  test::ToyRun run;
  VisionModel model{nullptr};
  std::unique_ptr<TrainStep> step;
};

TEST(TrainStep, ASkippedStepPutsRunningStatisticsBack) {
  const auto config = test::toy_train_config();
  test::ToyRun run(config);
  auto statistics = run.model->register_buffer("statistics", torch::zeros({2}));
  TrainStep step(config, Execution{}, run.model, nullptr, run.task);
  run.task.change_loss = [&](const torch::Tensor& loss) {
    statistics.fill_(std::nan(""));
    return loss * std::nan("");
  };
  EXPECT_FALSE(step.run(toy_batches(1, 8), 1.0, 0).updated);
  EXPECT_TRUE(torch::equal(statistics, torch::zeros({2})));
  run.task.change_loss = [&](const torch::Tensor& loss) {
    statistics.fill_(1);
    return loss;
  };
  EXPECT_TRUE(step.run(toy_batches(1, 8), 1.0, 0).updated);
  EXPECT_TRUE(torch::equal(statistics, torch::ones({2})));
}

TEST(TrainStep, ALabelWithoutAClassNamesFileAndValue) {
  PlainStep plain;
  const auto loader = test::toy_loader(8, test::ToyRun::kClasses + 1, 8, false);
  loader->start_epoch(0);
  try {
    plain.step->run({*loader->next()}, 1.0, 0);
    FAIL() << "a label of 4 with 4 classes";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("toy/4: its label is 4"), std::string::npos) << error.what();
  }
}

TEST(TrainStep, AccumulatedBatchesEqualOneLargeBatch) {
  PlainStep whole, parts;
  ASSERT_TRUE(same_weights(whole.model, copy_weights(parts.model)));
  const auto a = whole.step->run(toy_batches(1, 12), 1.0, 0);
  const auto b = parts.step->run(toy_batches(3, 4), 1.0, 0);
  EXPECT_TRUE(a.updated && b.updated);
  EXPECT_NEAR(a.loss, b.loss, 1e-5);
  EXPECT_NEAR(a.gradient_norm, b.gradient_norm, 1e-4 * a.gradient_norm);
  EXPECT_EQ(b.samples, 12);
  const auto weights = copy_weights(parts.model);
  for (const auto& [name, tensor] : named_weights(*whole.model)) {
    EXPECT_TRUE(torch::allclose(tensor, weights.at(name), 1e-4, 1e-5)) << name;
  }
}

TEST(TrainStep, UnevenWindowsWeighEverySampleAlike) {
  PlainStep whole, parts;
  auto uneven = toy_batches(3, 4);
  const auto a = whole.step->run(toy_batches(1, 12), 1.0, 0);
  const auto joined = toy_batches(1, 12)[0];
  uneven.clear();
  for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 9}, {9, 12}}) {
    Batch batch;
    batch.images = joined.images.slice(0, begin, end);
    batch.labels = joined.labels.slice(0, begin, end).contiguous();
    batch.paths.assign(joined.paths.begin() + begin, joined.paths.begin() + end);
    batch.indices.assign(joined.indices.begin() + begin, joined.indices.begin() + end);
    uneven.push_back(batch);
  }
  EXPECT_NEAR(parts.step->run(uneven, 1.0, 0).loss, a.loss, 1e-5);
}

TEST(TrainStep, ClippingBoundsTheUpdate) {
  auto config = test::toy_train_config();
  config.clip_grad = 1e-3;
  PlainStep plain(config);
  const auto before = copy_weights(plain.model);
  const auto outcome = plain.step->run(toy_batches(1, 8), 1.0, 0);
  EXPECT_GT(outcome.gradient_norm, config.clip_grad);
  double squares = 0;
  for (const auto& [name, tensor] : named_weights(*plain.model)) {
    squares += (tensor - before.at(name)).square().sum().item<double>();
  }
  EXPECT_NEAR(std::sqrt(squares), 0.1 * config.clip_grad, 0.02 * 0.1 * config.clip_grad);
}

TEST(TrainStep, NonFiniteLossOrGradientChangesNothing) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::function<torch::Tensor(torch::Tensor)>> breaks = {
      [](const torch::Tensor& loss) { return loss * std::nan(""); },
      [=](const torch::Tensor& loss) { return loss + infinity; },
      // a finite loss whose gradient is infinite: the slope of the root at 0
      [](const torch::Tensor& loss) { return (loss - loss.detach()).sqrt(); },
  };
  for (size_t i = 0; i < breaks.size(); ++i) {
    SCOPED_TRACE(i);
    test::ToyRun run(test::toy_train_config());
    TrainStep step(test::toy_train_config(), Execution{}, run.model, run.average, run.task);
    step.run(toy_batches(1, 8), 1.0, 0);
    const auto weights = copy_weights(run.model), average = copy_weights(run.average);
    std::map<std::string, torch::Tensor> optimizer_state;
    for (const auto& [name, tensor] : step.optimizer().state()) optimizer_state[name] = tensor.clone();
    run.task.change_loss = breaks[i];
    const auto outcome = step.run(toy_batches(2, 4), 1.0, 1);
    EXPECT_FALSE(outcome.updated);
    EXPECT_FALSE(outcome.problem.empty());
    EXPECT_TRUE(same_weights(run.model, weights));
    EXPECT_TRUE(same_weights(run.average, average));
    for (const auto& [name, tensor] : step.optimizer().state())
      EXPECT_TRUE(torch::equal(tensor, optimizer_state[name]));
    // nothing of the bad window is left for the next one
    run.task.change_loss = nullptr;
    EXPECT_TRUE(step.run(toy_batches(1, 8), 1.0, 2).updated);
  }
}

TEST(TrainStep, LabelsOutOfRangeNameTheFile) {
  test::ToyRun run(test::toy_train_config());
  TrainStep step(test::toy_train_config(), Execution{}, run.model, run.average, run.task);
  for (const int64_t label : {int64_t{-1}, test::ToyRun::kClasses}) {
    auto batches = toy_batches(1, 8);
    batches[0].labels[5] = label;
    try {
      step.run(batches, 1.0, 0);
      FAIL() << "label " << label << " was accepted";
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("toy/5"), std::string::npos) << error.what();
    }
  }
}

TEST(TrainStep, AWindowWithoutSamplesIsNoStep) {
  test::ToyRun run(test::toy_train_config());
  TrainStep step(test::toy_train_config(), Execution{}, run.model, run.average, run.task);
  const auto weights = copy_weights(run.model);
  const auto outcome = step.run({Batch{}}, 1.0, 0);
  EXPECT_FALSE(outcome.updated);
  EXPECT_TRUE(outcome.problem.empty());
  EXPECT_TRUE(same_weights(run.model, weights));
}

TEST(TrainStep, MixedPrecisionTrainsFloatWeights) {
  const auto config = test::toy_train_config();
  test::ToyRun run(config);
  Execution execution;
  execution.bfloat16 = true;
  TrainStep step(config, execution, run.model, run.average, run.task);
  const auto batches = toy_batches(1, 16);
  const double first = step.run(batches, 1.0, 0).loss;
  double last = first;
  for (int64_t i = 1; i < 15; ++i) last = step.run(batches, 1.0, i).loss;
  EXPECT_LT(last, first);
  for (const auto& parameter : run.model->parameters()) EXPECT_EQ(parameter.scalar_type(), torch::kFloat);
  EXPECT_EQ(run.model->forward(batches[0].images).scalar_type(), torch::kFloat) << "autocast outlived its guard";
}

}  // namespace
}  // namespace multipole
