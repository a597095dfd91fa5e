#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <string>

#include "base/error.h"
#include "engine/optimizers/freezing.h"
#include "engine/optimizers/optimizer_groups.h"
#include "heads/model/model.h"
#include "tests/engine/training/toy_run.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

int64_t num_learning(const VisionModel& model, const std::string& prefix) {
  int64_t count = 0;
  for (const auto& item : model->named_parameters()) {
    count += item.key().starts_with(prefix) && item.value().requires_grad();
  }
  return count;
}

TEST(Freezing, LeavesOutTheFirstGroups) {
  VisionModel model(test::small_model_config("multipole2d", 3));
  const int64_t all = num_learning(model, "backbone.");
  FineTuneConfig config;
  config.freeze_groups = 2;
  Freezing freezing(config, *model);
  freezing.apply(0);
  EXPECT_EQ(num_learning(model, "backbone.stem."), 0);
  EXPECT_EQ(num_learning(model, "backbone.stages.0."), 0);
  const auto groups = model->layer_groups();
  EXPECT_EQ(num_learning(model, "backbone."), all - static_cast<int64_t>(groups[0].size() + groups[1].size()));
  EXPECT_EQ(num_learning(model, "head."), static_cast<int64_t>(groups.back().size()));

  config.freeze_groups = static_cast<int64_t>(groups.size());
  EXPECT_THROW(Freezing(config, *model), ConfigError);
}

TEST(Freezing, TheHeadLearnsFirst) {
  VisionModel model(test::small_model_config("full", 3));
  FineTuneConfig config;
  config.freeze_groups = 1;
  config.head_epochs = 2;
  Freezing freezing(config, *model);
  for (int64_t epoch = 0; epoch < 4; ++epoch) {
    freezing.apply(epoch);
    EXPECT_EQ(num_learning(model, "backbone.stages.") > 0, epoch >= 2) << epoch;
    EXPECT_EQ(num_learning(model, "backbone.stem."), 0);
    EXPECT_GT(num_learning(model, "head."), 0);
  }
}

TEST(Freezing, LearningRatesFallTowardsTheStem) {
  const VisionModel model(test::small_model_config("full", 3));
  const auto shares = layer_learning_rates(*model, 0.5);
  EXPECT_EQ(shares.size(), model->parameters().size());
  EXPECT_EQ(shares.at("head.linear.weight"), 1.0);
  EXPECT_EQ(shares.at("backbone.stages.3.norm.weight"), 0.5);
  EXPECT_EQ(shares.at("backbone.stem.conv1.weight"),
            std::pow(0.5, static_cast<double>(model->layer_groups().size()) - 1));
  const auto groups = make_optimizer_groups(*model, model->no_weight_decay(), shares);
  size_t parameters = 0;
  for (const auto& group : groups) {
    for (const auto& name : group.names) EXPECT_EQ(shares.at(name), group.lr_scale) << name;
    parameters += group.names.size();
  }
  EXPECT_EQ(parameters, shares.size());
}

TEST(Freezing, TrainingMovesOnlyWhatLearns) {
  TrainConfig config;
  config.epochs = 2;
  config.batch_size = 16;
  config.fine_tune.freeze_groups = 1;
  config.fine_tune.head_epochs = 1;
  test::ToyRun run(config);
  const auto values = [&] {
    std::map<std::string, torch::Tensor> result;
    for (const auto& item : run.model->named_parameters()) result[item.key()] = item.value().detach().clone();
    return result;
  };
  const auto before = values();
  std::map<std::string, torch::Tensor> after_head;
  run.observer.after_step = [&](const StepReport& report) {
    if (report.epoch == 0) after_head = values();
  };
  run.trainer->run(nullptr);
  const auto after = values();
  const std::string stem = "backbone.stem.conv1.weight", body = "backbone.stages.1.blocks.0.mlp.fc1.weight";
  ASSERT_TRUE(before.contains(body));
  EXPECT_TRUE(torch::equal(after_head.at(body), before.at(body)));
  EXPECT_FALSE(torch::equal(after_head.at("head.linear.weight"), before.at("head.linear.weight")));
  EXPECT_FALSE(torch::equal(after.at(body), before.at(body)));
  EXPECT_TRUE(torch::equal(after.at(stem), before.at(stem)));
}

}  // namespace
}  // namespace multipole
