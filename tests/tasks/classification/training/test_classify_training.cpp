#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "backbone/attention/mechanisms/registry.h"
#include "base/error.h"
#include "engine/files/model_file.h"
#include "tasks/classification/training/classify_training.h"
#include "tests/engine/training/resume_check.h"
#include "tests/support/temporary_folder.h"
#include "tests/tasks/classification/training/small_run.h"

namespace multipole {
namespace {

using test::Recorder;
using test::small_config;
using test::train;
using test::write_data;

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(ClassifyTraining, LeavesACompleteRunForEveryAttention) {
  const test::TemporaryFolder folder;
  write_data(folder / "data");
  for (const auto& attention : attention_types()) {
    SCOPED_TRACE(attention);
    const auto out = folder / attention;
    Recorder recorder;
    const auto result = train(small_config(attention), folder / "data", out, {}, -1, &recorder);
    EXPECT_EQ(result.num_steps, 6);
    EXPECT_EQ(recorder.plan.steps_per_epoch, 3);
    EXPECT_EQ(recorder.plan.train_samples, 24);
    EXPECT_EQ(recorder.plan.num_classes, 4);

    const auto model = load_model(result.best_model, "classification");
    EXPECT_EQ(model.metadata.classes.size(), 4u);
    EXPECT_EQ(model.metadata.preprocessing["image_size"], 16);
    EXPECT_EQ(model.metadata.architecture.backbone["image_size"], 16);
    EXPECT_EQ(model.metadata.architecture.backbone["attention"]["type"], attention);
    EXPECT_DOUBLE_EQ(model.metadata.training["metrics"]["top1"].get<double>(), result.best_score);

    // the resolved config reads back to itself, so a run can be repeated from it
    const Json written = read_json_file(out / "config.json");
    EXPECT_EQ(to_json_config(resolve_classify_config(config_from_json<ClassifyConfig>(written, ""))), written);
    int64_t steps = 0, epochs = 0;
    std::istringstream lines(test::read_text(out / "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      (Json::parse(line)["event"] == "step" ? steps : epochs) += 1;
    }
    EXPECT_EQ(steps, 6);
    EXPECT_EQ(epochs, 2);
  }
}

// Augmentation with mixup, drop path, dropout, the average and accumulation are on.
TEST(ClassifyTraining, AStoppedAndResumedRunEndsInTheSameBits) {
  const test::TemporaryFolder folder;
  write_data(folder / "data");
  const auto run = [&](const std::filesystem::path& out, int64_t stop_after) {
    auto config = small_config();
    // the number of workers is free to change
    config.data.workers = stop_after < 0 ? 0 : 2;
    return train(config, folder / "data", out, {}, stop_after);
  };
  // in the middle of an epoch, at its end, and twice
  test::expect_same_bits_after_stops(run, {{2}, {3}, {1, 4}});
}

TEST(ClassifyTraining, LeavesLogsThatAgree) {
  const test::TemporaryFolder folder;
  write_data(folder / "data");
  train(small_config("full"), folder / "data", folder / "run", {}, 2);
  train(small_config("full"), folder / "data", folder / "run");
  std::istringstream log(test::read_text(folder / "run" / "metrics.jsonl"));
  int64_t step = 0;
  std::vector<std::pair<int64_t, int64_t>> epochs, rows;
  for (std::string line; std::getline(log, line);) {
    const Json entry = Json::parse(line);
    if (entry["event"] == "step") {
      EXPECT_EQ(entry["step"], ++step);
    } else {
      epochs.emplace_back(entry["epoch"], entry["step"]);
    }
  }
  EXPECT_EQ(step, 6);
  std::istringstream table(test::read_text(folder / "run" / "metrics.csv"));
  std::string header;
  std::getline(table, header);
  EXPECT_TRUE(header.starts_with("epoch,step,train_loss,lr")) << header;
  EXPECT_NE(header.find("val.top1"), std::string::npos) << header;
  for (std::string line; std::getline(table, line);) {
    std::istringstream cells(line);
    char comma = 0;
    auto& [epoch, at] = rows.emplace_back();
    cells >> epoch >> comma >> at;
  }
  EXPECT_EQ(rows, epochs);
  const std::filesystem::directory_iterator files(folder / "run");
  EXPECT_EQ(
      std::ranges::count_if(files, [](const auto& f) { return f.path().filename().string().starts_with("events"); }),
      2);
}

TEST(ClassifyTraining, TheModelRecordsHowItCameAbout) {
  const test::TemporaryFolder folder;
  write_data(folder / "data");
  auto config = small_config("full");
  config.train.epochs = 1;
  config.data.split_seed = 5;
  const auto training = load_model(train(config, folder / "data", folder / "run").best_model).metadata.training;
  EXPECT_NE(training["command"].get<std::string>().find("training_tests"), std::string::npos) << training["command"];
  EXPECT_EQ(training["data"]["split_seed"], 5);
  EXPECT_EQ(training["data"]["val_fraction"], 0.2);
}

TEST(ClassifyTraining, AFinishedRunIsLeftAlone) {
  const test::TemporaryFolder folder;
  write_data(folder / "data");
  const auto first = train(small_config("full"), folder / "data", folder / "run");
  const auto written = std::filesystem::last_write_time(first.best_model);
  const auto again = train(small_config("full"), folder / "data", folder / "run");
  EXPECT_EQ(again.stop_reason, StopReason::kFinished);
  EXPECT_EQ(again.best_score, first.best_score);
  EXPECT_EQ(std::filesystem::last_write_time(again.best_model), written);
}

// A run that is made longer ends in the same bits whether it is stopped on the way or not, and its further steps follow
// the schedule of the new length.
TEST(ClassifyTraining, MoreEpochsGoOnWithTheScheduleOfTheNewLength) {
  const test::TemporaryFolder folder;
  write_data(folder / "data");
  auto longer = small_config("full");
  longer.train.epochs = 4;
  for (const char* run : {"straight", "stopped"}) train(small_config("full"), folder / "data", folder / run);
  EXPECT_EQ(train(longer, folder / "data", folder / "stopped", {}, 8).num_steps, 8);
  for (const char* run : {"straight", "stopped"}) {
    const auto result = train(longer, folder / "data", folder / run);
    EXPECT_EQ(result.num_steps, 12);
    EXPECT_EQ(read_json_file(folder / run / "config.json")["train"]["epochs"], 4);
  }
  test::expect_same_tensors(test::newest_state(folder / "straight"), test::newest_state(folder / "stopped"));
}

TEST(ClassifyTraining, OtherValuesAreNamedAndRefusedUnlessForced) {
  const test::TemporaryFolder folder;
  write_data(folder / "data");
  train(small_config("full"), folder / "data", folder / "run", {}, 2);
  auto config = small_config("full");
  config.train.clip_grad = 0.5;
  const auto message = error_of([&] { train(config, folder / "data", folder / "run"); });
  EXPECT_NE(message.find("train.clip_grad: 1.0, now 0.5"), std::string::npos) << message;
  EXPECT_NE(message.find("--force"), std::string::npos) << message;
  config.train.epochs = 1;
  EXPECT_NE(error_of([&] { train(config, folder / "data", folder / "run"); }).find("train.epochs: 2, now 1"),
            std::string::npos);
  config.train.epochs = 3;
  const auto longer = error_of([&] { train(config, folder / "data", folder / "run"); });
  EXPECT_EQ(longer.find("train.epochs"), std::string::npos) << longer;
  ResumeOptions forced;
  forced.force = true;
  EXPECT_EQ(train(config, folder / "data", folder / "run", forced).num_steps, 9);

  write_data(folder / "other", 4, 28);
  const auto data_message = error_of([&] { train(config, folder / "other", folder / "run"); });
  EXPECT_NE(data_message.find("train.samples: 24, now 28"), std::string::npos) << data_message;
}

TEST(ClassifyTraining, ResumeModesFitWhatTheFolderHolds) {
  const test::TemporaryFolder folder;
  write_data(folder / "data");
  const auto config = small_config("full");
  train(config, folder / "data", folder / "run", {}, 3);
  ResumeOptions never;
  never.mode = ResumeMode::kNever;
  EXPECT_NE(error_of([&] { train(config, folder / "data", folder / "run", never); }).find("already holds a run"),
            std::string::npos);

  ResumeOptions other;
  other.mode = ResumeMode::kPath;
  other.path = folder / "run";
  const auto result = train(config, folder / "data", folder / "copy", other);
  EXPECT_EQ(result.num_steps, 6);
  EXPECT_TRUE(std::filesystem::exists(folder / "copy" / "best.safetensors"));
  other.path = folder / "nothing";
  EXPECT_NE(error_of([&] { train(config, folder / "data", folder / "new", other); }).find("nothing to resume"),
            std::string::npos);
}

TEST(ClassifyTraining, StartsFromAModelWithOtherClasses) {
  const test::TemporaryFolder folder;
  write_data(folder / "data");
  write_data(folder / "other", 3, 12);
  auto config = small_config("full");
  const auto source = train(config, folder / "data", folder / "run");
  config.train.epochs = 1;
  ResumeOptions init;
  init.init_weights = source.best_model;
  Recorder recorder;
  const auto result = train(config, folder / "other", folder / "tuned", init, -1, &recorder);
  EXPECT_EQ(load_model(result.best_model).metadata.classes.size(), 3u);
  EXPECT_NE(recorder.messages.find("replaced    head.linear.weight"), std::string::npos) << recorder.messages;
}

TEST(ClassifyTraining, ClassesThatDoNotFitAreConfigErrors) {
  const test::TemporaryFolder folder;
  write_data(folder / "data");
  auto config = small_config("full");
  config.model.num_classes = 7;
  EXPECT_NE(error_of([&] { train(config, folder / "data", folder / "run"); }).find("has 4 classes"), std::string::npos);
  for (const char* name : {"train", "val"}) {
    std::filesystem::create_directories(folder / "single" / name);
    const auto source = *std::filesystem::directory_iterator(folder / "data" / name);
    std::filesystem::copy(source.path(), folder / "single" / name / "only", std::filesystem::copy_options::recursive);
  }
  config.model.num_classes = 0;
  EXPECT_NE(error_of([&] { train(config, folder / "single", folder / "run"); }).find("one class"), std::string::npos);
}

TEST(ClassifyConfig, MistakesNameTheirPath) {
  const auto message = [](const char* text) {
    return error_of([&] { resolve_classify_config(config_from_json<ClassifyConfig>(Json::parse(text), "")); });
  };
  EXPECT_NE(message(R"({"train": {"epoch": 3}})").find("train.epoch: unknown key, did you mean 'epochs'"),
            std::string::npos);
  EXPECT_NE(message(R"({"train": {"optimizer": {"type": "adamw", "lr": -1}}})").find("train.optimizer.lr"),
            std::string::npos);
  EXPECT_NE(message(R"({"train": {"schedule": {"type": "cosin"}}})").find("train.schedule.type"), std::string::npos);
  EXPECT_NE(message(R"({"train": {"eval_every": 5, "patience": 2}})").find("train.patience"), std::string::npos);
  EXPECT_NE(message(R"({"model": {"head": {"pooling": "avg"}}})").find("model.head.pooling"), std::string::npos);
}

}  // namespace
}  // namespace multipole
