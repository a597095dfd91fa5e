// A swapped attention learns to give full attention's outputs, from the command line.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "engine/files/model_file.h"
#include "engine/files/train_state.h"
#include "engine/report/run_report.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/vit_file.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

class Adapt : public testing::Test {
 protected:
  Adapt() {
    torch::manual_seed(1);
    test::write_random_vit(model_, {"a", "b"});
    std::filesystem::create_directories(folder_ / "photos");
    for (int i = 0; i < 8; ++i) {
      write_bytes(folder_ / "photos" / (std::to_string(i) + ".png"),
                  encode_png(torch::randint(0, 256, {60, 70, 3}, torch::kUInt8)));
    }
  }

  test::ProcessResult adapt(const std::string& out, const Words& more) const {
    Words words = {"adapt",
                   model_.string(),
                   (folder_ / "photos").string(),
                   "--out",
                   (folder_ / out).string(),
                   "--threads",
                   "1",
                   "--device",
                   "cpu",
                   "--set",
                   "train.precision=float32",
                   "--set",
                   "data.workers=0",
                   "--set",
                   "data.val_fraction=0.25",
                   "--set",
                   "train.optimizer.lr=0.02",
                   "--attention",
                   R"({"type": "multipole2d", "cell": 3, "hot": 4})"};
    words.insert(words.end(), more.begin(), more.end());
    return run_multipole(words);
  }

  const test::TemporaryFolder folder_;
  const std::filesystem::path model_ = folder_ / "vit.safetensors";
};

TEST_F(Adapt, TellsBeforeAndAfterAndStoresTheSwap) {
  const auto result = adapt("run", {"--size", "80", "--epochs", "6"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("patch cosine 0."), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("warning"), std::string::npos) << result.out;
  const Json report = read_run_report(folder_ / "run");
  EXPECT_TRUE(report["improved"].get<bool>());
  for (const char* key : {"patch_cosine", "embedding_cosine", "block_error", "agreement"}) {
    ASSERT_TRUE(report["before"].contains(key) && report["metrics"].contains(key)) << key;
  }
  EXPECT_GT(report["metrics"]["patch_cosine"], report["before"]["patch_cosine"]);
  EXPECT_LT(report["metrics"]["block_error"], report["before"]["block_error"]);
  EXPECT_EQ(report["metrics"]["samples"], 2);

  // an ordinary model: the same task and preprocessing, other attention, all other weights as they were
  const std::string best = (folder_ / "run" / "best.safetensors").string();
  const LoadedModel adapted = load_model(best), own = load_model(model_);
  EXPECT_EQ(adapted.metadata.preprocessing, own.metadata.preprocessing);
  EXPECT_EQ(adapted.metadata.classes, own.metadata.classes);
  EXPECT_EQ(adapted.metadata.architecture.backbone["attention"]["far_gate"], true);
  const auto learned = named_weights(*adapted.model);
  for (const auto& [name, weight] : named_weights(*own.model)) EXPECT_TRUE(weight.equal(learned.at(name))) << name;

  // it is the model that was measured, and full attention where nothing is far
  const auto json = (folder_ / "compared.json").string();
  const auto compared = run_multipole({"compare-attention", best, (folder_ / "photos" / "0.png").string(), "--threads",
                                       "1", "--size", "24", "--attention", "full", "--json", json});
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  const Json found = read_json_file(json);
  EXPECT_LT(found["sizes"][0]["block_error"].get<double>(), 1e-5);
}

TEST_F(Adapt, GoesOnToTheSameBits) {
  // three steps an epoch: both runs end within one
  const auto train = [this](const std::string& out, const std::string& steps) {
    return adapt(out, {"--size", "80", "--set", "steps=" + steps, "--set", "train.schedule.type=constant"});
  };
  ASSERT_EQ(train("whole", "8").exit_code, 0);
  ASSERT_EQ(train("parts", "4").exit_code, 0);
  const auto longer = train("parts", "8");
  ASSERT_EQ(longer.exit_code, 0) << longer.err;
  const auto state_of = [this](const char* run) {
    return load_train_state(folder_ / run / "last", [](const std::string&) {}).value();
  };
  const TrainState whole = state_of("whole"), parts = state_of("parts");
  EXPECT_EQ(parts.progress.epoch, whole.progress.epoch);
  EXPECT_EQ(parts.progress.step, 8);
  for (const auto& [name, tensor] : whole.tensors) EXPECT_TRUE(tensor.equal(parts.tensors.at(name))) << name;
  // the swap before the first step is that of the first run
  EXPECT_EQ(read_run_report(folder_ / "parts")["before"], read_run_report(folder_ / "whole")["before"]);
}

TEST_F(Adapt, PlansItsMinutesOnceAndSaysWhatItNeeds) {
  const auto planned = adapt("run", {"--size", "80", "--minutes", "0.02", "--set", "train.batch_size=1"});
  ASSERT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_NE(planned.err.find("s each on 1 CPU thread"), std::string::npos) << planned.err;
  const auto again = adapt("run", {"--size", "80", "--minutes", "0.02", "--set", "train.batch_size=1"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("chosen when this run began"), std::string::npos) << again.err;

  EXPECT_EQ(adapt("other", {"--minutes", "1", "--epochs", "1"}).exit_code, 2);
  const auto near = adapt("other", {"--size", "24"});
  EXPECT_EQ(near.exit_code, 2);
  EXPECT_NE(near.err.find("no far level"), std::string::npos) << near.err;
}

TEST_F(Adapt, SaysWhereNothingGotBetter) {
  const auto result = adapt("run", {"--size", "80", "--epochs", "1", "--set", "train.optimizer.lr=3", "--set",
                                    "train.schedule.warmup_epochs=0", "--set", "train.clip_grad=0"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("warning: no epoch came nearer"), std::string::npos) << result.out;
  EXPECT_FALSE(read_run_report(folder_ / "run")["improved"].get<bool>());
}

}  // namespace
}  // namespace multipole
