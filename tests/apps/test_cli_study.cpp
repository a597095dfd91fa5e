// `study` by the command: what is compared, and what --set and --only change of it.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

class StudyCommand : public ::testing::Test {
 protected:
  // A study that trains nothing: it counts what each variant costs.
  StudyCommand() {
    const Json attention = {{"type", "multipole2d"}, {"cell", 2}};
    const Json config = {{"recipe", {{"model", {{"preset", "multipole_nano"}}}}},
                         {"variants",
                          {{{"name", "full"}, {"attention", {{"type", "full"}}}},
                           {{"name", "multipole"}, {"attention", attention}},
                           {{"name", "window"}, {"attention", {{"type", "window"}, {"window", 4}}}}}},
                         {"reference", "full"},
                         {"resolutions", {32}},
                         {"batch_size", 1},
                         {"seconds", 0.01}};
    test::write_text(folder_ / "study.json", config.dump());
    std::filesystem::create_directories(folder_ / "data/train/a");
  }

  test::ProcessResult study(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"study",
                                      "--config",
                                      (folder_ / "study.json").string(),
                                      "--data",
                                      (folder_ / "data").string(),
                                      "--out",
                                      (folder_ / "out").string(),
                                      "--threads",
                                      "1",
                                      "--set",
                                      "seeds=[]"};
    words.insert(words.end(), more.begin(), more.end());
    return test::run_multipole(words);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    const Json report = read_json_file(folder_ / "out/study.json");
    for (const auto& row : report["variants"]) result.push_back(row["name"]);
    return result;
  }

  test::TemporaryFolder folder_;
};

TEST_F(StudyCommand, ComparesAllVariants) {
  const auto result = study({});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(names(), (std::vector<std::string>{"full", "multipole", "window"}));
}

TEST_F(StudyCommand, OnlySomeVariantsInTheConfigsOrder) {
  const auto result = study({"--only", "window", "multipole"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(names(), (std::vector<std::string>{"multipole", "window"}));
}

TEST_F(StudyCommand, UnknownVariantsAndValuesAreRefused) {
  const auto variant = study({"--only", "windows"});
  EXPECT_EQ(variant.exit_code, 2) << variant.err;
  EXPECT_NE(variant.err.find("--only windows"), std::string::npos) << variant.err;
  EXPECT_NE(variant.err.find("window"), std::string::npos) << variant.err;
  const auto value = study({"--set", "batch_size=0"});
  EXPECT_EQ(value.exit_code, 2) << value.err;
  EXPECT_NE(value.err.find("batch_size"), std::string::npos) << value.err;
}

}  // namespace
}  // namespace multipole
