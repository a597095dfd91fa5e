#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/files/train_state.h"
#include "engine/runtime/random_state.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

void ignore(const std::string&) {}

TrainState make_state(int64_t step) {
  TrainState state;
  state.progress.step = step;
  state.progress.epoch_loss = 1.0 / 3.0 * static_cast<double>(step);
  state.tensors["model.weight"] = torch::randn({3, 2});
  state.tensors["rng.cpu"] = torch::randint(255, {17}, torch::kUInt8);
  state.config = {{"train", {{"epochs", 3}}}};
  return state;
}

int64_t num_files(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

TEST(TrainState, ComesBackBitForBit) {
  const test::TemporaryFolder folder;
  auto state = make_state(7);
  state.progress.best_score = 0.1 + 0.2;
  state.progress.best_epoch = 2;
  save_train_state(folder / "last", state);
  const auto loaded = load_train_state(folder / "last", ignore);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(to_json_config(loaded->progress), to_json_config(state.progress));
  EXPECT_EQ(*loaded->progress.best_score, 0.1 + 0.2);
  EXPECT_EQ(loaded->config, state.config);
  for (const auto& [name, tensor] : state.tensors) EXPECT_TRUE(torch::equal(loaded->tensors.at(name), tensor)) << name;
}

TEST(TrainState, TheTwoNewestAreKeptAndTheNewestIsTaken) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(load_train_state(folder / "missing", ignore));
  for (const int64_t step : {2, 9, 10, 101}) save_train_state(folder.path(), make_state(step));
  EXPECT_EQ(num_files(folder.path()), 2);
  EXPECT_EQ(load_train_state(folder.path(), ignore)->progress.step, 101);
}

TEST(TrainState, ADamagedOneFallsBackToTheOneBefore) {
  const test::TemporaryFolder folder;
  save_train_state(folder.path(), make_state(1));
  save_train_state(folder.path(), make_state(2));
  std::vector<std::string> messages;
  const auto report = [&](const std::string& message) { messages.push_back(message); };
  std::filesystem::resize_file(folder / "state-0000000002.safetensors", 100);
  EXPECT_EQ(load_train_state(folder.path(), report)->progress.step, 1);
  EXPECT_EQ(messages.size(), 1u);
  std::filesystem::resize_file(folder / "state-0000000001.safetensors", 0);
  EXPECT_THROW(load_train_state(folder.path(), report), ModelFileError);
}

TEST(TrainState, AFlippedBitFallsBackToTheOneBefore) {
  const test::TemporaryFolder folder;
  save_train_state(folder.path(), make_state(1));
  save_train_state(folder.path(), make_state(2));
  const auto newest = folder / "state-0000000002.safetensors";
  std::string bytes = test::read_text(newest);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  test::write_text(newest, bytes);
  std::string message;
  EXPECT_EQ(load_train_state(folder.path(), [&](const std::string& text) { message = text; })->progress.step, 1);
  EXPECT_NE(message.find("checksum"), std::string::npos) << message;
  EXPECT_NE(message.find(newest.string()), std::string::npos) << message;
}

TEST(TrainState, AFolderThatCannotBeListedIsNoNewRun) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "last", "a file");
  EXPECT_THROW(load_train_state(folder / "last", ignore), ResourceError);
}

TEST(TrainState, ForeignFilesAreNotStates) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "state-.safetensors", "");
  test::write_text(folder / "state-12x.safetensors", "");
  test::write_text(folder / "state-0000000003.safetensors.tmp.77", "");
  EXPECT_FALSE(load_train_state(folder.path(), ignore));
}

TEST(JsonDifferences, NameEveryPath) {
  const Json before = {{"train", {{"epochs", 30}, {"seed", 1}}}, {"old", true}, {"same", {1, 2}}};
  const Json now = {{"train", {{"epochs", 60}, {"seed", 1}}}, {"new", "x"}, {"same", {1, 2}}};
  EXPECT_EQ(json_differences(before, now),
            (std::vector<std::string>{"train.epochs: 30, now 60", "old: true, now absent", "new: absent, now \"x\""}));
  EXPECT_TRUE(json_differences(before, before).empty());
}

TEST(RandomState, TorchDrawsTheSameNumbersAgain) {
  const auto state = random_state(torch::kCPU);
  const auto first = torch::randn({5});
  restore_random_state(state, torch::kCPU);
  EXPECT_TRUE(torch::equal(torch::randn({5}), first));
  EXPECT_THROW(restore_random_state({}, torch::kCPU), ModelFileError);
  EXPECT_THROW(restore_random_state({{"rng.cpu", torch::zeros({3}, torch::kUInt8)}}, torch::kCPU), ModelFileError);
}

}  // namespace
}  // namespace multipole
