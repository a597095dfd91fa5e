// The whole way: draw data, train, stop, resume, evaluate, predict. The tests share one trained run.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "engine/files/run_folder.h"
#include "tests/support/process.h"
#include "tests/support/small_training.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

class Train : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    const auto drawn = test::draw_small_data(data());
    ASSERT_EQ(drawn.exit_code, 0) << drawn.err;
    const auto trained = train("run", {"--epochs", "2", "--seed", "5"});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::string data() { return (*folder_ / "data").string(); }
  static std::string run_path(const std::string& name) { return (*folder_ / name).string(); }
  static Words train_words(const std::string& out, const Words& more) {
    return test::small_training(data(), run_path(out), more);
  }
  static test::ProcessResult train(const std::string& out, const Words& more) {
    return run_multipole(train_words(out, more));
  }

  static test::TemporaryFolder* folder_;
};
test::TemporaryFolder* Train::folder_ = nullptr;

TEST_F(Train, LeavesAWholeRunFolder) {
  const std::filesystem::path run = run_path("run");
  const Json config = read_json_file(run / "config.json");
  EXPECT_EQ(config["train"]["epochs"], 2);
  EXPECT_EQ(config["train"]["seed"], 5);
  EXPECT_EQ(config["preprocessing"]["image_size"], 32);
  EXPECT_TRUE(std::filesystem::exists(run / "last"));
  EXPECT_FALSE(std::filesystem::exists(run / "run.lock"));
  const std::string metrics = test::read_text(run / "metrics.jsonl");
  EXPECT_NE(metrics.find("\"event\":\"epoch\""), std::string::npos) << metrics;
}

TEST_F(Train, ItsModelEvaluatesPredictsAndIsInspected) {
  const std::string model = run_path("run") + "/best.safetensors";
  const auto eval = run_multipole({"classify", "eval", "--model", model, "--data", data(), "--json", "-"});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  EXPECT_EQ(parse_json(eval.out, "eval")["samples"], 16);
  const auto predict = run_multipole({"classify", "predict", "--model", model, data() + "/val"});
  EXPECT_EQ(predict.exit_code, 0) << predict.err;
  EXPECT_EQ(std::count(predict.out.begin(), predict.out.end(), '\n'), 16);
  EXPECT_EQ(run_multipole({"inspect", model}).exit_code, 0);
}

TEST_F(Train, FullAttentionIsOneConfigValue) {
  const auto trained = train("full", {"--epochs", "1", "--set", "model.backbone.attention.type=full"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const std::string model = run_path("full") + "/best.safetensors";
  EXPECT_EQ(run_multipole({"classify", "eval", "--model", model, "--data", data()}).exit_code, 0);
  EXPECT_NE(run_multipole({"inspect", model}).out.find("\"full\""), std::string::npos);
}

TEST_F(Train, InterruptedRunsSaveAndGoOn) {
  test::Process process(test::multipole_command(train_words("stopped", {"--epochs", "40", "--log-every", "1"})));
  const std::filesystem::path metrics = run_path("stopped") + "/metrics.jsonl";
  for (int i = 0; i < 3000 && test::read_text(metrics).empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  process.send(SIGTERM);
  const auto stopped = process.wait();
  ASSERT_EQ(stopped.exit_code, 143) << stopped.err;
  EXPECT_NE(stopped.err.find("goes on from here"), std::string::npos) << stopped.err;
  test::Process again(test::multipole_command(train_words("stopped", {"--epochs", "40", "--log-every", "1"})));
  const auto lines = [&] { return std::ranges::count(test::read_text(metrics), '\n'); };
  const auto before = lines();
  for (int i = 0; i < 3000 && lines() <= before; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  again.send(SIGINT);
  const auto resumed = again.wait();
  EXPECT_EQ(resumed.exit_code, 130) << resumed.err;
  EXPECT_NE(resumed.err.find("from step"), std::string::npos) << resumed.err;
}

TEST_F(Train, FinishedRunsAreNotStartedOver) {
  EXPECT_EQ(train("run", {"--epochs", "2", "--seed", "5", "--resume", "never"}).exit_code, 2);
  const std::string metrics = test::read_text(run_path("run") + "/metrics.jsonl");
  EXPECT_EQ(train("run", {"--epochs", "2", "--seed", "5"}).exit_code, 0);
  EXPECT_EQ(test::read_text(run_path("run") + "/metrics.jsonl"), metrics);
}

TEST_F(Train, WrongSettingsAreUsageErrors) {
  const auto unknown = train("none", {"--set", "train.epoch=3"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("did you mean 'epochs'?"), std::string::npos) << unknown.err;
  EXPECT_EQ(train("none", {"--set", "train.epochs=\"three\""}).exit_code, 2);
  EXPECT_EQ(train("none", {"--set", "model.backbone.attention.type=quantum"}).exit_code, 2);
  EXPECT_EQ(train("none", {"--epochs", "-1"}).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(run_path("none") + "/best.safetensors"));
}

TEST_F(Train, FoldersInUseAndForeignFoldersAreRefused) {
  const RunFolder other(run_path("locked"));
  const auto locked = train("locked", {"--epochs", "1"});
  EXPECT_EQ(locked.exit_code, 2);
  EXPECT_NE(locked.err.find("another run"), std::string::npos) << locked.err;
  EXPECT_EQ(train("data", {"--epochs", "1"}).exit_code, 2);
}

TEST_F(Train, QuietSaysNothing) {
  const auto result = train("quiet", {"--epochs", "1", "--quiet"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_NE(result.out.find("best.safetensors"), std::string::npos) << result.out;
}

}  // namespace
}  // namespace multipole
