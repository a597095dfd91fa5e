#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "engine/files/model_file.h"
#include "heads/model/model.h"
#include "tests/engine/training/resume_check.h"
#include "tests/support/temporary_folder.h"
#include "tests/tasks/classification/training/small_run.h"

namespace multipole {
namespace {

using test::small_config;
using test::train;
using test::write_data;

std::vector<Json> epochs_of(const std::filesystem::path& run) {
  std::vector<Json> epochs;
  std::istringstream log(test::read_text(run / "metrics.jsonl"));
  for (std::string line; std::getline(log, line);) {
    const Json entry = Json::parse(line);
    if (entry["event"] == "epoch") epochs.push_back(entry);
  }
  return epochs;
}

// 24 pictures an epoch, of 8 x 8 pixels in the first of four and of 12 x 12 in the second.
TEST(GrowingPictures, AreResumedToTheSameBitsAndWhatTheyCostIsCounted) {
  const test::TemporaryFolder folder;
  write_data(folder / "data");
  auto config = small_config("full");
  config.train.epochs = 4;
  config.resolution = {.first = 0.5, .until = 0.5, .multiple = 4};
  const auto result = train(config, folder / "data", folder / "run");
  VisionModel model = load_model(result.best_model).model;
  double flops = 0;
  const auto epochs = epochs_of(folder / "run");
  ASSERT_EQ(epochs.size(), 4u);
  for (size_t i = 0; i < epochs.size(); ++i) {
    const int64_t size = std::vector<int64_t>{8, 12, 16, 16}[i];
    flops += 3 * 24 * model->backbone()->cost(size, size).flops;
    EXPECT_NEAR(epochs[i]["flops"].get<double>(), flops, 1e-9 * flops) << "epoch " << i + 1;
  }
  EXPECT_EQ(read_json_file(folder / "run" / "report.json")["train_flops"], epochs.back()["flops"]);
  const Json training = load_model(result.best_model).metadata.training;
  EXPECT_EQ(training["flops"], epochs.at(training["epoch"].get<size_t>() - 1)["flops"]);

  // stopped in the second epoch, where pictures are neither of the first size nor whole
  train(config, folder / "data", folder / "stopped", {}, 4);
  train(config, folder / "data", folder / "stopped");
  test::expect_same_tensors(test::newest_state(folder / "run"), test::newest_state(folder / "stopped"));
  EXPECT_EQ(epochs_of(folder / "stopped").back()["flops"], epochs.back()["flops"]);
}

}  // namespace
}  // namespace multipole
