// A study end to end on a few drawn pictures.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "datasets/synthetic/synthetic_writer.h"
#include "tasks/study/study.h"
#include "tests/support/small_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

StudyConfig small_study() {
  StudyConfig config;
  const ModelConfig model = test::small_model_config("multipole2d", 0);
  config.recipe = {{"model", {{"preset", model.preset}, {"backbone", model.backbone}}},
                   {"data", {{"workers", 0}}},
                   {"preprocessing", {{"image_size", 32}, {"crop_pct", 1.0}}},
                   {"augmentation", {{"random_crop", {{"type", "pad"}}}}},
                   {"train", {{"epochs", 1}, {"batch_size", 16}, {"precision", "float32"}, {"device", "cpu"}}}};
  config.variants = {{.name = "full", .attention = {{"type", "full"}}},
                     {.name = "window", .attention = {{"type", "window"}, {"window", 4}}}};
  config.seeds = {0, 1};
  config.reference = "full";
  config.batch_size = 2;
  config.seconds = 0.01;
  return config;
}

struct Watched {
  std::vector<std::string> runs;
  int64_t steps = 0, results = 0;
  std::atomic<bool> stop = false;
  int64_t stop_after_runs = 1 << 30;

  class Observer : public TrainObserver {
   public:
    explicit Observer(Watched& watched) : watched_(watched) {}
    void on_step(const StepReport&) override { ++watched_.steps; }

   private:
    Watched& watched_;
  };

  StudyWatcher watcher() {
    return {[this](const std::string& name) {
              runs.push_back(name);
              if (static_cast<int64_t>(runs.size()) > stop_after_runs) stop = true;
              return std::make_unique<Observer>(*this);
            },
            [](const std::string&) {}, [this](const StudyResult&) { ++results; }};
  }
};

TEST(StudyTest, TrainsEveryVariantWithEverySeedAndGoesOnWhereItStopped) {
  const test::TemporaryFolder folder;
  write_synthetic({.kind = "classify", .num_classes = 2, .image_size = 32, .train_images = 32, .val_images = 16},
                  folder / "data");
  const StudyConfig config = small_study();

  Watched first;
  first.stop_after_runs = 2;
  const StudyResult stopped = run_study(config, folder / "data", folder / "out", first.watcher(), &first.stop);
  EXPECT_FALSE(stopped.complete);
  EXPECT_EQ(first.steps, 4);  // two runs of two steps
  EXPECT_EQ(stopped.rows[0].runs.size() + stopped.rows[1].runs.size(), 2u);

  Watched second;
  const StudyResult result = run_study(config, folder / "data", folder / "out", second.watcher());
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(second.steps, 4);  // the other two runs only
  EXPECT_EQ(second.runs, (std::vector<std::string>{"full, seed 0 (1 of 4)", "window, seed 0 (2 of 4)",
                                                   "full, seed 1 (3 of 4)", "window, seed 1 (4 of 4)"}));
  for (const auto& row : result.rows) {
    EXPECT_EQ(row.runs.size(), 2u);
    EXPECT_GT(row.num_parameters, 0);
    ASSERT_EQ(row.costs.size(), 1u);
    EXPECT_EQ(row.attention_error.size(), 4u);
  }
  EXPECT_LT(result.rows[0].attention_error[0], 1e-5);
  EXPECT_TRUE(std::filesystem::exists(folder / "out/runs" / "window" / "seed-1" / "best.safetensors"));

  Watched third;
  const StudyResult again = run_study(config, folder / "data", folder / "out", third.watcher());
  EXPECT_EQ(third.steps, 0);
  EXPECT_EQ(again.rows[1].mean_score(), result.rows[1].mean_score());
}

TEST(StudyTest, ApproximationErrorsAreThoseOfEachStagesOwnAttention) {
  const test::TemporaryFolder folder;
  write_synthetic({.kind = "classify", .num_classes = 2, .image_size = 32, .train_images = 16, .val_images = 8},
                  folder / "data");
  StudyConfig config = small_study();
  config.seeds = {0};
  const Json full = {{"type", "full"}}, window = {{"type", "window"}, {"window", 2}};
  config.variants[1].attention = window;
  config.variants[1].config["model"]["backbone"]["stage_attention"] = {full, Json::object(), full, full};

  Watched watched;
  const StudyResult result = run_study(config, folder / "data", folder / "out", watched.watcher());
  const auto& errors = result.rows[1].attention_error;
  ASSERT_EQ(errors.size(), 4u);
  EXPECT_LT(errors[0], 1e-5);
  EXPECT_GT(errors[1], 1e-3);
  EXPECT_LT(errors[2], 1e-5);
}

TEST(StudyTest, ComparesSegmentersByMeanIoU) {
  const test::TemporaryFolder folder;
  write_synthetic({.kind = "segment", .num_classes = 3, .image_size = 32, .train_images = 4, .val_images = 3},
                  folder / "data");
  StudyConfig config = small_study();
  config.task = "segment";
  config.recipe["preprocessing"] = Json::object();
  config.recipe["augmentation"] = {{"crop_size", {32, 32}}};
  config.recipe["train"]["batch_size"] = 2;
  config.seeds = {0};

  Watched watched;
  const StudyResult result = run_study(config, folder / "data", folder / "out", watched.watcher());
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.score_name, "mIoU");
  EXPECT_EQ(watched.steps, 4);  // two runs of two steps
  for (const auto& row : result.rows) {
    ASSERT_EQ(row.runs.size(), 1u);
    EXPECT_GE(row.runs[0].score, 0);
    EXPECT_LE(row.runs[0].score, 1);
    EXPECT_EQ(row.attention_error.size(), 4u);
  }
  EXPECT_LT(result.rows[0].attention_error[0], 1e-5);
}

}  // namespace
}  // namespace multipole
