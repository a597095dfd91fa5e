#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "backbone/registry.h"
#include "engine/files/model_file.h"
#include "tasks/comparison/task_scores.h"
#include "tasks/registry.h"
#include "tasks/study/study.h"
#include "tests/support/brightness_task.h"
#include "tests/support/grid_family.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

// The registered tasks, one that only tests know, with a family of backbones that only tests know.
class TasksTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    backbone_families().add("grid", test::grid_family());
    head_registry().add("brightness", test::brightness_head());
    task_registry().add("brightness", test::brightness_task());
  }

  static Json settings() {
    return {
        {"model",
         {{"preset", ""}, {"backbone", {{"family", "grid"}, {"image_size", 16}}}, {"head", {{"type", "brightness"}}}}},
        {"train",
         {{"epochs", 12},
          {"batch_size", 32},
          {"optimizer", {{"type", "adamw"}, {"lr", 0.02}}},
          {"ema", {{"enabled", false}}},
          {"precision", "float32"},
          {"device", "cpu"}}},
        {"preprocessing", {{"image_size", 16}, {"crop_pct", 1.0}}}};
  }

  test::TemporaryFolder folder_;
  TrainObserver silent_;
};

TEST_F(TasksTest, EveryTaskSpeaksForItself) {
  std::set<std::string> scored;
  for (const auto& [name, task] : task_registry().entries()) {
    SCOPED_TRACE(name);
    EXPECT_FALSE(task->train_summary().empty());
    EXPECT_FALSE(task->data_help().empty());
    EXPECT_FALSE(task->study_score().empty());
    EXPECT_FALSE(task->scores().empty());
    for (const auto& scores : task->scores()) {
      EXPECT_TRUE(scored.insert(scores.task).second) << "two tasks score " << scores.task;
      EXPECT_FALSE(scores.scores.empty());
      EXPECT_EQ(scores_for({{{"task", scores.task}, {"run", "a"}}}).task, scores.task);
    }
    const auto recipes = task->recipes();
    for (const auto& recipe : recipes.names) EXPECT_FALSE(recipes.text(recipe).empty()) << recipe;
    EXPECT_TRUE(recipes.text("no such recipe").empty());
    EXPECT_THROW(task->model({{"no such key", 1}}), ConfigError);
    EXPECT_THROW(task->open({{"no such key", 1}}, folder_ / "nothing"), ConfigError);
  }
}

TEST_F(TasksTest, ANewTaskTrainsANewFamilyByTheOneTrainer) {
  const auto task = task_registry().find("brightness", "task");
  const auto run = folder_ / "run";
  const TrainResult result = train_opened(*task->open(settings(), "none"), run, silent_);
  EXPECT_EQ(result.num_epochs, 12);
  EXPECT_EQ(result.score_name, "closeness");
  EXPECT_GT(result.best_score, 0.85) << "the mean alone is off by 0.22";
  EXPECT_TRUE(std::filesystem::exists(run / "report.txt"));
  const auto loaded = load_model(result.best_model, "brightness");
  EXPECT_EQ(loaded.metadata.architecture.backbone["family"], "grid");
  EXPECT_THROW(load_model(result.best_model, "segmentation"), ModelFileError);
  // a finished run is known again
  EXPECT_FALSE(train_opened(*task->open(settings(), "none"), run, silent_).has_trained);
}

TEST_F(TasksTest, AStudyComparesWhatANewTaskTrains) {
  Json recipe = settings();
  recipe["train"]["epochs"] = 2;
  const Json json = {{"task", "brightness"},
                     {"recipe", recipe},
                     {"variants",
                      {{{"name", "full"}, {"attention", {{"type", "full"}}}},
                       {{"name", "multipole"}, {"attention", {{"type", "multipole2d"}}}}}},
                     {"reference", "full"},
                     {"seeds", {0}},
                     {"resolutions", {16}},
                     {"seconds", 0.01}};
  StudyWatcher watcher;
  watcher.on_message = [](const std::string&) {};
  watcher.on_result = [](const StudyResult&) {};
  watcher.on_run = [](const std::string&) { return std::make_unique<TrainObserver>(); };
  const auto result = run_study(config_from_json<StudyConfig>(json, ""), "none", folder_ / "study", watcher);
  ASSERT_TRUE(result.complete);
  EXPECT_EQ(result.score_name, "Closeness");
  ASSERT_EQ(result.rows.size(), 2u);
  EXPECT_GT(result.rows[1].runs.at(0).score, 0);
  ASSERT_EQ(result.rows[0].attention_error.size(), 1u) << "one grid, one stage";
  EXPECT_LT(result.rows[0].attention_error[0], 1e-6);
}

TEST_F(TasksTest, LanguageModelsAreATaskLikeTheOthers) {
  const auto task = task_registry().find("sequence", "task");
  const auto text = folder_ / "text.txt";
  std::ofstream file(text);
  for (int i = 0; i < 400; ++i) file << "so it goes. ";
  file.close();
  const Json small = {{"model",
                       {{"context", 16},
                        {"embed_dim", 16},
                        {"depth", 1},
                        {"num_heads", 2},
                        {"attention", {{"type", "multipole1d"}, {"causal", true}, {"group", 4}}}}},
                      {"steps", 20},
                      {"batch_size", 4},
                      {"eval_every", 10}};
  const TrainResult result = train_opened(*task->open(small, text), folder_ / "run", silent_);
  EXPECT_EQ(result.num_steps, 20);
  EXPECT_EQ(result.score_name, "bits_per_byte");
  EXPECT_GT(result.best_score, -8) << "better than a byte drawn at random";
  EXPECT_TRUE(std::filesystem::exists(result.best_model));
  EXPECT_THROW(config_from_json<StudyConfig>({{"task", "sequence"}, {"variants", {{{"name", "a"}}}}}, ""), ConfigError);
}

}  // namespace
}  // namespace multipole
