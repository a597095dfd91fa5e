#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "engine/study/study_report.h"
#include "tasks/registry.h"
#include "tasks/study/study.h"
#include "tasks/study/study_config.h"

namespace multipole {
namespace {

std::string message_of(const Json& json) {
  try {
    check_study(config_from_json<StudyConfig>(json, ""));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

Json two_variants() { return {{"variants", {{{"name", "a"}}, {{"name", "b"}, {"attention", {{"type", "full"}}}}}}}; }

TEST(StudyConfigTest, AVariantReplacesTheRecipesAttentionAndSeed) {
  Json json = two_variants();
  json["recipe"] = {{"train", {{"epochs", 3}}}};
  json["variants"][1]["config"] = {{"train", {{"batch_size", 7}}}};
  const auto config = config_from_json<StudyConfig>(json, "");
  const Json first = study_run_config(config, config.variants[0], 4);
  const Json second = study_run_config(config, config.variants[1], 5);
  EXPECT_EQ(first["train"], Json({{"epochs", 3}, {"seed", 4}}));
  EXPECT_EQ(second["train"], Json({{"epochs", 3}, {"batch_size", 7}, {"seed", 5}}));
  for (const auto& task : task_registry().names()) {
    SCOPED_TRACE(task);
    if (!task_registry().find(task, "")->is_of_pictures()) continue;
    const auto model = [&](size_t i) {
      return task_registry().find(task, "")->model(study_run_config(config, config.variants[i], 0));
    };
    EXPECT_EQ(model(0).backbone["attention"]["type"], "multipole2d");
    EXPECT_EQ(model(1).backbone["attention"]["type"], "full");
  }
}

TEST(StudyConfigTest, MistakesAreNamed) {
  EXPECT_EQ(message_of(two_variants()), "");
  EXPECT_NE(message_of(Json::object()).find("variants"), std::string::npos);
  EXPECT_NE(message_of({{"variant", Json::array()}}).find("did you mean 'variants'?"), std::string::npos);
  Json same = two_variants();
  same["variants"][1]["name"] = "a";
  EXPECT_NE(message_of(same).find("same name"), std::string::npos);
  Json folder = two_variants();
  folder["variants"][0]["name"] = "../a";
  EXPECT_NE(message_of(folder).find("variants[0].name"), std::string::npos);
  Json task = two_variants();
  task["task"] = "segmnt";
  EXPECT_NE(message_of(task).find("did you mean 'segment'?"), std::string::npos) << message_of(task);
  Json reference = two_variants();
  reference["reference"] = "c";
  EXPECT_NE(message_of(reference).find("reference"), std::string::npos);
  Json unknown = two_variants();
  unknown["variants"][1]["attention"]["type"] = "fulll";
  EXPECT_NE(message_of(unknown).find("did you mean 'full'?"), std::string::npos);
}

TEST(StudyConfigTest, ShippedStudiesAreSound) {
  int64_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MULTIPOLE_SOURCE_DIR "/configs/study")) {
    EXPECT_EQ(message_of(read_json_file(entry.path())), "") << entry.path();
    ++count;
  }
  EXPECT_GE(count, 1);
}

TEST(StudyReportTest, GivesMeanDeviationAndGaps) {
  StudyResult result;
  result.title = "two";
  result.rows.push_back({.name = "a", .num_parameters = 1'500'000, .runs = {{0, 0.50, 1}, {1, 0.60, 1}}});
  result.rows.push_back({.name = "b", .runs = {{0, 0.25, 1}}});
  result.rows.push_back({.name = "c"});
  EXPECT_NEAR(result.rows[0].mean_score(), 0.55, 1e-12);
  EXPECT_NEAR(result.rows[0].deviation_score(), 0.0707107, 1e-6);
  const std::string text = study_markdown(result);
  EXPECT_NE(text.find("| a | 55.00 ± 7.07 (2) | 1.50 |"), std::string::npos) << text;
  EXPECT_NE(text.find("| b | 25.00 (1) | n/a |"), std::string::npos) << text;
  EXPECT_NE(text.find("| c | n/a | n/a |"), std::string::npos) << text;
  EXPECT_EQ(study_json(result)["variants"][2]["score_mean"], nullptr);
  EXPECT_NE(accuracy_svg(result).find("</svg>"), std::string::npos);
  EXPECT_EQ(accuracy_svg(StudyResult{.rows = {{.name = "c"}}}), "");
}

TEST(StudyReportTest, ARunWithoutAScoreHasNoBar) {
  StudyResult result;
  result.rows.push_back({.name = "a", .runs = {{0, 0.5, 1}}});
  result.rows.push_back({.name = "b", .runs = {{0, std::nan(""), 1}, {1, 0.6, 1}}});
  const std::string svg = accuracy_svg(result);
  EXPECT_EQ(svg.find("\"n/a\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("50.00"), std::string::npos) << svg;
  EXPECT_NE(svg.find("n/a (2)"), std::string::npos) << svg;
}

}  // namespace
}  // namespace multipole
