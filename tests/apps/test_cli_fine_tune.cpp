// Sets that nobody would choose, and training from a model file: a sensible run, or one clear line.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using Words = std::vector<std::string>;

// ROOT/<class>/<n>.png, 16 x 16; the class tells the colour.
void write_pictures(const std::filesystem::path& root, const std::vector<int64_t>& counts) {
  for (size_t label = 0; label < counts.size(); ++label) {
    const auto folder = root / ("class" + std::to_string(1000 + label));
    std::filesystem::create_directories(folder);
    for (int64_t i = 0; i < counts[label]; ++i) {
      auto image = torch::randint(0, 60, {16, 16, 3}, torch::kUInt8);
      image.select(2, static_cast<int64_t>(label) % 3) += static_cast<int64_t>(90 + label % 100);
      write_bytes(folder / (std::to_string(i) + ".png"), encode_png(image));
    }
  }
}

struct Trained {
  test::ProcessResult process;
  std::filesystem::path run;
};

Trained train(const test::TemporaryFolder& folder, const std::vector<int64_t>& counts, const Words& more = {}) {
  write_pictures(folder / "data", counts);
  Words words = {"classify",  "train",
                 "--data",    (folder / "data").string(),
                 "--out",     (folder / "run").string(),
                 "--recipe",  "auto",
                 "--threads", "1",
                 "--set",     "train.epochs=1",
                 "--set",     "model.preset=multipole_nano",
                 "--set",     "model.backbone.depths=[1,1,1,1]",
                 "--set",     "model.backbone.embed_dims=[16,16,24,24]",
                 "--set",     "model.backbone.num_heads=[2,2,2,2]"};
  words.insert(words.end(), more.begin(), more.end());
  return {test::run_multipole(words), folder / "run"};
}

TEST(FineTune, OnePercentPositives) {
  const test::TemporaryFolder folder;
  const auto [process, run] = train(folder, {297, 3});
  ASSERT_EQ(process.exit_code, 0) << process.err;
  EXPECT_NE(process.err.find("rare classes shown more often"), std::string::npos) << process.err;
  const Json report = read_json_file(run / "report.json");
  EXPECT_EQ(report["config"]["objective"]["score"], "balanced_accuracy");
  EXPECT_NE(process.out.find("best balanced accuracy"), std::string::npos) << process.out;
  EXPECT_EQ(report["census"]["imbalance"].get<double>(), 119.0) << "238 and 2 to train on";
}

TEST(FineTune, AClassWithOnePicture) {
  const test::TemporaryFolder folder;
  const auto [process, run] = train(folder, {20, 1});
  ASSERT_EQ(process.exit_code, 0) << process.err;
  const Json report = read_json_file(run / "report.json");
  EXPECT_TRUE(report["per_class"][1]["recall"].is_null());
  EXPECT_NE(report["warnings"].dump().find("class1001"), std::string::npos) << report["warnings"];
}

TEST(FineTune, ThreePicturesInAll) {
  {
    const test::TemporaryFolder folder;
    const auto [process, run] = train(folder, {2, 1});
    EXPECT_EQ(process.exit_code, 0) << process.err;
    EXPECT_TRUE(std::filesystem::exists(run / "report.html"));
  }
  const test::TemporaryFolder folder;
  const auto [process, run] = train(folder, {1, 1, 1});
  EXPECT_EQ(process.exit_code, 2);
  EXPECT_NE(process.err.find("nothing to validate on"), std::string::npos) << process.err;
}

TEST(FineTune, ThreeHundredClasses) {
  const test::TemporaryFolder folder;
  const auto [process, run] = train(folder, std::vector<int64_t>(300, 2));
  ASSERT_EQ(process.exit_code, 0) << process.err;
  const Json report = read_json_file(run / "report.json");
  EXPECT_EQ(report["per_class"].size(), 300u);
  EXPECT_LT(std::filesystem::file_size(run / "report.html"), 2u << 20);
}

TEST(FineTune, FromAModelWithATableOfItsWeights) {
  const test::TemporaryFolder first, second;
  const auto [source, model] = train(first, {12, 12});
  ASSERT_EQ(source.exit_code, 0) << source.err;
  write_pictures(second / "data", {8, 8, 8});
  const auto init = (model / "best.safetensors").string();
  const auto tuned = test::run_multipole({"classify", "train", "--data", (second / "data").string(), "--out",
                                          (second / "run").string(), "--init", init, "--recipe", "auto", "--set",
                                          "train.epochs=1", "--threads", "1"});
  ASSERT_EQ(tuned.exit_code, 0) << tuned.err;
  EXPECT_NE(tuned.err.find("loaded"), std::string::npos) << tuned.err;
  EXPECT_NE(tuned.err.find("replaced    head.linear.weight"), std::string::npos) << tuned.err;
  const Json config = read_json_file(second / "run" / "config.json");
  EXPECT_EQ(config["model"]["backbone"]["embed_dims"], Json::parse("[16,16,24,24]")) << "the model file's architecture";

  const auto compared = test::run_multipole(
      {"report", model.string(), (second / "run").string(), "--out", (second / "comparison.html").string()});
  EXPECT_EQ(compared.exit_code, 0) << compared.err;
  EXPECT_NE(compared.out.find("do not compare"), std::string::npos) << compared.out;

  const auto explained =
      test::run_multipole({"classify", "predict", "--model", (second / "run" / "best.safetensors").string(),
                           "--explain", (second / "explained").string(), (second / "data").string()});
  EXPECT_EQ(explained.exit_code, 0) << explained.err;
  int64_t pictures = 0;
  for (const auto& entry : std::filesystem::directory_iterator(second / "explained"))
    pictures += entry.is_regular_file();
  EXPECT_EQ(pictures, 24);
}

TEST(FineTune, LossesAndFreezingTrain) {
  for (const std::string set :
       {"objective.loss=focal", "objective.loss=bce", "objective.class_weights=balanced", "train.optimizer.type=lion",
        "train.schedule.type=poly", "data.balance=1", "train.fine_tune.freeze_groups=2"}) {
    SCOPED_TRACE(set);
    const test::TemporaryFolder folder;
    const auto [process, run] = train(folder, {16, 8}, {"--set", set});
    EXPECT_EQ(process.exit_code, 0) << process.err;
  }
}

}  // namespace
}  // namespace multipole
