// Training in two processes on the loopback interface, as a launcher would start it.
#include <gtest/gtest.h>
#include <signal.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "engine/files/safetensors.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/launched_processes.h"
#include "tests/support/small_training.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using Tensors = std::map<std::string, torch::Tensor>;

std::vector<std::filesystem::path> states(const std::filesystem::path& run) {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(run / "last", none)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The newest state, without the first process's random generator, which nothing is drawn from between steps.
Tensors last_state(const std::filesystem::path& run) {
  Tensors tensors;
  for (const auto& [name, tensor] : read_safetensors(states(run).back()).tensors) {
    if (!name.starts_with("rng.")) tensors[name] = tensor;
  }
  return tensors;
}

std::vector<Json> epochs_of(const std::filesystem::path& run) {
  std::vector<Json> epochs;
  std::istringstream lines(test::read_text(run / "metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const Json event = Json::parse(line);
    if (event["event"] == "epoch") epochs.push_back(event);
  }
  return epochs;
}

std::vector<test::Process> launch_two(const std::vector<std::string>& arguments) {
  return test::launch({2, test::multipole_command(arguments)});
}

void run_two(const std::vector<std::string>& arguments) {
  auto processes = launch_two(arguments);
  for (const auto& result : test::wait_for(processes)) ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
}

class CliDistributed : public testing::Test {
 protected:
  void SetUp() override {
    const auto drawn = test::draw_small_data((folder_ / "data").string());
    ASSERT_EQ(drawn.exit_code, 0) << drawn.err;
  }

  // Plain gradient descent, so that rounding stays rounding.
  std::vector<std::string> training(const std::string& out, int batch_size, int epochs,
                                    const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"--epochs",  std::to_string(epochs),
                                      "--threads", "1",
                                      "--set",     "train.batch_size=" + std::to_string(batch_size),
                                      "--set",     "train.optimizer.type=sgd",
                                      "--set",     "train.optimizer.lr=0.01"};
    words.insert(words.end(), more.begin(), more.end());
    return test::small_training((folder_ / "data").string(), (folder_ / out).string(), words);
  }

  test::TemporaryFolder folder_;
};

TEST_F(CliDistributed, TwoProcessesTrainWhatOneDoesWithTwiceTheBatch) {
  const auto alone = test::run_multipole(training("one", 8, 2));
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  auto processes = launch_two(training("two", 4, 2));
  const auto results = test::wait_for(processes);
  for (const auto& result : results) ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(results[0].out.find("best top-1"), std::string::npos) << results[0].out;
  EXPECT_EQ(results[1].out, "");
  EXPECT_EQ(results[1].err, "");

  const auto expected = last_state(folder_ / "one"), actual = last_state(folder_ / "two");
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    EXPECT_TRUE(torch::allclose(actual.at(name), tensor, 1e-4, 1e-5)) << name;
  }
  const auto one = epochs_of(folder_ / "one"), two = epochs_of(folder_ / "two");
  ASSERT_EQ(two.size(), one.size());
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_NEAR(two[i]["train_loss"].get<double>(), one[i]["train_loss"].get<double>(), 1e-4);
    EXPECT_EQ(two[i]["val"]["samples"], one[i]["val"]["samples"]);
    EXPECT_NEAR(two[i]["val"]["loss"].get<double>(), one[i]["val"]["loss"].get<double>(), 1e-4);
  }
}

TEST(CliDistributedSequence, TwoProcessesTrainWhatOneDoesWithTwiceTheBatch) {
  const test::TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 200; ++i) text += "line " + std::to_string(i * i) + "\n";
  test::write_text(folder / "text", text);
  const auto training = [&](const std::string& run, int batch_size) {
    return std::vector<std::string>{"sequence",  "train",
                                    "--text",    (folder / "text").string(),
                                    "--out",     (folder / run).string(),
                                    "--threads", "1",
                                    "--set",     "steps=6",
                                    "--set",     "eval_every=4",
                                    "--set",     "batch_size=" + std::to_string(batch_size),
                                    "--set",     R"(optimizer={"type":"sgd","lr":0.1})",
                                    "--set",     R"(model={"context":64,"embed_dim":16,"depth":1})"};
  };
  const auto alone = test::run_multipole(training("one", 8));
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  auto processes = launch_two(training("two", 4));
  const auto results = test::wait_for(processes);
  for (const auto& result : results) ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(results[0].out.find("bits a byte"), std::string::npos) << results[0].out;
  EXPECT_EQ(results[1].out, "");
  EXPECT_EQ(results[1].err, "");
  const auto expected = last_state(folder / "one"), actual = last_state(folder / "two");
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    EXPECT_TRUE(torch::allclose(actual.at(name), tensor, 1e-4, 1e-5)) << name;
  }
}

TEST_F(CliDistributed, AKilledProcessEndsTheOtherAndTheSameCommandGoesOn) {
  // drop path draws random numbers, and a stage is computed again in the backward pass
  const std::vector<std::string> more = {"--set", "model.backbone.drop_path_rate=0.2", "--set",
                                         "train.gradient_checkpointing=true"};
  run_two(training("whole", 4, 8, more));

  const auto arguments = training("killed", 4, 8, more);
  auto processes = launch_two(arguments);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (states(folder_ / "killed").empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  processes[1].send(SIGKILL);
  const auto ended = test::wait_for(processes);
  EXPECT_EQ(ended[1].exit_code, -SIGKILL) << "it was done before it could be killed";
  EXPECT_EQ(ended[0].exit_code, 1) << ended[0].err;
  EXPECT_NE(ended[0].err.find("another process of this command ended"), std::string::npos) << ended[0].err;

  run_two(arguments);
  const auto expected = last_state(folder_ / "whole"), actual = last_state(folder_ / "killed");
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : expected) EXPECT_TRUE(torch::equal(actual.at(name), tensor)) << name;

  const auto fewer = test::run_multipole(arguments);
  EXPECT_EQ(fewer.exit_code, 2) << fewer.err;
  EXPECT_NE(fewer.err.find("trains in 2 processes"), std::string::npos) << fewer.err;
}

TEST_F(CliDistributed, ASignalToOneStopsAllOfThem) {
  auto processes = launch_two(training("run", 4, 100000));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (states(folder_ / "run").empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  processes[1].send(SIGTERM);
  const auto ended = test::wait_for(processes);
  for (const auto& result : ended) EXPECT_EQ(result.exit_code, 128 + SIGTERM) << result.err;
  EXPECT_NE(ended[0].err.find("the same command goes on from here"), std::string::npos) << ended[0].err;
}

TEST_F(CliDistributed, ProcessesThatWereGivenDifferentThingsAreRefused) {
  auto processes =
      test::launch({test::multipole_command(training("run", 4, 2)), test::multipole_command(training("run", 4, 3))});
  for (const auto& result : test::wait_for(processes)) {
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_NE(result.err.find("differ in their configuration"), std::string::npos) << result.err;
  }
}

TEST(CliDistributedSegmentation, TwoProcessesTrainAndEvaluateTheWhole) {
  const test::TemporaryFolder folder;
  folder.write("data/classes.txt", {'a', '\n', 'b', '\n'});
  for (int i = 0; i < 7; ++i) {
    const std::string name = std::string(i < 4 ? "train" : "val") + "/" + std::to_string(i) + ".png";
    const auto ids = torch::arange(20 * 24).view({20, 24}).div(240, "floor");
    folder.write("data/images/" + name, test::encode_picture_for(ids));
    folder.write("data/annotations/" + name, test::encode_mask(ids));
  }
  const auto data = (folder / "data").string(), run = (folder / "run").string();
  run_two({"segment",   "train",
           "--data",    data,
           "--out",     run,
           "--epochs",  "1",
           "--threads", "1",
           "--device",  "cpu",
           "--set",     "model.backbone.depths=[1,1,1,1]",
           "--set",     "augmentation.crop_size=[16,16]",
           "--set",     "train.batch_size=2",
           "--set",     "model.head.channels=8"});
  const auto epochs = epochs_of(run);
  ASSERT_EQ(epochs.size(), 1u);
  EXPECT_EQ(epochs[0]["val"]["samples"], 3);
  const auto eval =
      test::run_multipole({"segment", "eval", "--model", run + "/best.safetensors", "--data", data, "--json", "-"});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  EXPECT_NEAR(Json::parse(eval.out)["miou"].get<double>(), epochs[0]["val"]["miou"].get<double>(), 0.02);
}

}  // namespace
}  // namespace multipole
