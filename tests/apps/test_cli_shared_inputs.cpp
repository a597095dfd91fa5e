// Inputs that two processes on the loopback interface share: what one process alone writes, in one place.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "tests/apps/side_by_side_commands.h"
#include "tests/support/launched_processes.h"
#include "tests/support/process.h"

namespace multipole {
namespace {

class SharedInputs : public test::SideBySideCommands {
 protected:
  static std::vector<test::ProcessResult> run_two(const std::vector<std::string>& arguments) {
    auto processes = test::launch({2, test::multipole_command(arguments)});
    return test::wait_for(processes);
  }
  // The first process ends as one alone does, the other in peace and without a word on standard output.
  static void expect_ends(const std::vector<test::ProcessResult>& results, int exit_code) {
    EXPECT_EQ(results[0].exit_code, exit_code) << results[0].err;
    EXPECT_EQ(results[1].exit_code, 0) << results[1].err;
    EXPECT_EQ(results[1].out, "");
  }
};

TEST_F(SharedInputs, Classes) {
  const auto alone = test::run_multipole(classify(1));
  const auto two = run_two(classify(1));
  expect_ends(two, 3);
  EXPECT_EQ(two[0].out, alone.out);
  EXPECT_NE(two[0].err.find("4 of 23 inputs could not be read"), std::string::npos) << two[0].err;
}

TEST_F(SharedInputs, ClassesGoOnWhereARunWasEnded) {
  auto words = classify(1);
  words.insert(words.end(), {"--out", text("alone.jsonl")});
  ASSERT_EQ(test::run_multipole(words).exit_code, 3);
  words.back() = text("two.jsonl");
  expect_ends(run_two(words), 3);
  EXPECT_EQ(test::read_text(at("two.jsonl")), test::read_text(at("alone.jsonl")));
}

TEST_F(SharedInputs, Maps) {
  ASSERT_EQ(test::run_multipole(segment(1, "alone")).exit_code, 3);
  auto words = segment(1, "two");
  expect_ends(run_two(words), 3);
  expect_same_maps("two", "alone");
  words.push_back("--resume");
  test::write_text(at("two/results.jsonl"), test::read_text(at("two/results.jsonl")).substr(0, 2000));
  expect_ends(run_two(words), 3);
  expect_same_maps("two", "alone");
}

TEST_F(SharedInputs, Features) {
  ASSERT_EQ(test::run_multipole(embed(1, "alone.npy")).exit_code, 3);
  expect_ends(run_two(embed(1, "two.npy")), 3);
  EXPECT_EQ(test::read_text(at("two.npy")), test::read_text(at("alone.npy")));
  EXPECT_EQ(test::read_text(at("two.npy.txt")), test::read_text(at("alone.npy.txt")));
}

TEST_F(SharedInputs, Scores) {
  for (const std::string name : {"cat", "dog"}) {
    for (int i = 0; i < 7; ++i) {
      std::filesystem::create_directories(at("data/val/" + name));
      folder_.write("data/val/" + name + "/" + std::to_string(i) + ".png",
                    encode_png(torch::randint(0, 256, {40, 30, 3}, torch::kUInt8)));
    }
  }
  const std::vector<std::string> words = {
      "classify", "eval",   "--model", text("classifier"), "--data", text("data"), "--batch-size",
      "4",        "--json", "-",       "--threads",        "1",      "--device",   "cpu"};
  const auto alone = test::run_multipole(words);
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  const auto two = run_two(words);
  expect_ends(two, 0);
  EXPECT_EQ(parse_json(two[0].out, "two"), parse_json(alone.out, "alone"));
}

TEST_F(SharedInputs, ScoresOfMaps) {
  std::filesystem::create_directories(at("data/images/val"));
  std::filesystem::create_directories(at("data/annotations/val"));
  test::write_text(at("data/classes.txt"), "sky\nroad\n");
  for (int i = 0; i < 5; ++i) {
    const std::string name = "/val/" + std::to_string(i) + ".png";
    const int64_t height = test::random_int(20, 60), width = test::random_int(20, 60);
    folder_.write("data/images" + name, encode_png(torch::randint(0, 256, {height, width, 3}, torch::kUInt8)));
    folder_.write("data/annotations" + name,
                  encode_png_mask(torch::randint(0, 2, {height, width}, torch::kUInt8), {{0, 0, 0}, {255, 0, 0}}));
  }
  const std::vector<std::string> words = {"segment",    "eval",   "--model",   text("segmenter"), "--data",
                                          text("data"), "--json", "-",         "--threads",       "1",
                                          "--device",   "cpu",    "--boundary"};
  const auto alone = test::run_multipole(words);
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  const auto two = run_two(words);
  expect_ends(two, 0);
  const Json expected = parse_json(alone.out, "alone"), actual = parse_json(two[0].out, "two");
  EXPECT_EQ(actual["samples"], expected["samples"]);
  EXPECT_EQ(actual["per_class"][0]["iou"], expected["per_class"][0]["iou"]);
  EXPECT_NEAR(actual["boundary_f"].get<double>(), expected["boundary_f"].get<double>(), 1e-9);
}

TEST_F(SharedInputs, OtherInputsAreRefused) {
  auto other = classify(1);
  other.back() = text(picture(1));
  auto differing = test::launch({test::multipole_command(classify(1)), test::multipole_command(other)});
  for (const auto& result : test::wait_for(differing)) {
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_NE(result.err.find("differ in the model and the inputs"), std::string::npos) << result.err;
  }
}

}  // namespace
}  // namespace multipole
