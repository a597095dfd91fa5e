#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "tests/support/process.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

const std::vector<Words> kLevels = {{},
                                    {"classify"},
                                    {"classify", "train"},
                                    {"classify", "eval"},
                                    {"classify", "predict"},
                                    {"bench"},
                                    {"bench", "op"},
                                    {"bench", "model"},
                                    {"data"},
                                    {"data", "synth"},
                                    {"inspect"},
                                    {"embed"},
                                    {"doctor"}};

TEST(Help, EveryLevelHasAnExample) {
  for (Words words : kLevels) {
    words.push_back("--help");
    const auto result = run_multipole(words);
    EXPECT_EQ(result.exit_code, 0) << words.front();
    EXPECT_NE(result.out.find("Example:\n  multipole "), std::string::npos) << result.out;
    EXPECT_EQ(result.err, "");
  }
}

TEST(Help, WithoutACommandTheUsageIsShown) {
  for (const auto& words : {Words{}, Words{"classify"}, Words{"data"}}) {
    const auto result = run_multipole(words);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find("Example:\n  multipole "), std::string::npos) << result.err;
  }
}

TEST(Help, Version) {
  const auto result = run_multipole({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out.rfind("multipole ", 0), 0u);
}

TEST(Help, WrongWordsNameTheNearest) {
  const auto option = run_multipole({"classify", "predict", "--model", "m", "--topk", "3", "a.jpg"});
  EXPECT_EQ(option.exit_code, 2);
  EXPECT_NE(option.err.find("did you mean '--top-k'?"), std::string::npos) << option.err;
  const auto command = run_multipole({"clasify"});
  EXPECT_EQ(command.exit_code, 2);
  EXPECT_NE(command.err.find("did you mean 'classify'?"), std::string::npos) << command.err;
}

TEST(Help, WrongValuesAreUsageErrors) {
  for (const auto& words :
       {Words{"classify", "predict", "a.jpg"}, Words{"classify", "predict", "--model", "m", "--top-k", "0", "a.jpg"},
        Words{"classify", "predict", "--model", "m", "--format", "xml", "a.jpg"},
        Words{"classify", "predict", "--model", "m", "--device", "abacus", "a.jpg"},
        Words{"data", "synth", "--out", "x", "--kind", "audio"}, Words{"data", "synth", "--out", "x", "--size", "1e99"},
        Words{"classify", "train", "--data", "/absent", "--out", "x"}}) {
    EXPECT_EQ(run_multipole(words).exit_code, 2) << words.back();
  }
}

TEST(Doctor, ReportsTheMachineAndPassesItsSelfTest) {
  const auto text = run_multipole({"doctor"});
  EXPECT_EQ(text.exit_code, 0) << text.out;
  for (const char* word : {"libtorch", "compiler", "instructions", "memory", "device cpu", "attention2d"}) {
    EXPECT_NE(text.out.find(word), std::string::npos) << word;
  }
  const Json report = parse_json(run_multipole({"doctor", "--json"}).out, "doctor");
  EXPECT_GE(report["processor"]["cores"].get<int>(), 1);
  ASSERT_FALSE(report["self_test"].empty());
  for (const auto& test : report["self_test"]) EXPECT_TRUE(test["ok"].get<bool>()) << test.dump();
}

}  // namespace
}  // namespace multipole
