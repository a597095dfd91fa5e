// What goes wrong inside one picture of a list is told with that picture's name and leaves the others alone; what the
// model answers is a number or an error.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <limits>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "engine/files/model_file.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;

class PictureFailures : public ::testing::Test {
 protected:
  // A model whose preprocessing makes infinity of white and zero of black.
  static void let_white_overflow(const std::filesystem::path& path) {
    LoadedModel loaded = load_model(path);
    loaded.metadata.preprocessing["mean"] = {0.0, 0.0, 0.0};
    loaded.metadata.preprocessing["std"] = {1e-39, 1e-39, 1e-39};
    save_model(path, *loaded.model, loaded.metadata);
  }

  std::string write_picture(const std::string& name, int64_t height, int64_t width, int value) {
    return folder_.write(name, encode_png(torch::full({height, width, 3}, value, torch::kUInt8))).string();
  }

  test::ProcessResult run(const std::string& task, const std::string& what, const std::vector<std::string>& more) {
    std::vector<std::string> words = {task, what, "--model", model(), "--device", "cpu", "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return run_multipole(words);
  }
  test::ProcessResult segment(std::vector<std::string> more) {
    more.insert(more.end(), {"--out", (folder_ / "out").string()});
    return run("segment", "predict", more);
  }

  static std::vector<Json> json_lines(const std::string& text) {
    std::vector<Json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(parse_json(line, "line"));
    return lines;
  }
  std::vector<Json> results() const { return json_lines(test::read_text(folder_ / "out" / "results.jsonl")); }

  std::string model() const { return (folder_ / "model").string(); }

  test::TemporaryFolder folder_;
};

TEST_F(PictureFailures, ScoresThatAreNoNumbersFailTheirPictureAlone) {
  test::write_random_segmenter(model(), {"a", "b"});
  let_white_overflow(model());
  const std::string first = write_picture("first.png", 60, 70, 0), white = write_picture("white.png", 60, 70, 255),
                    last = write_picture("last.png", 60, 70, 0);
  for (const char* tile : {"none", "48"}) {
    const auto result = segment({"--tile", tile, "--overlap", "8", first, white, last});
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_NE(result.err.find("white.png: the model's scores are not finite"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("1 of 3 inputs failed"), std::string::npos) << result.err;
    const auto lines = results();
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_TRUE(lines[0].contains("map") && lines[2].contains("map")) << lines[0] << lines[2];
    EXPECT_NE(lines[1].value("error", "").find("not finite"), std::string::npos) << lines[1];
    EXPECT_TRUE(std::filesystem::exists(folder_ / "out/last.png"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out/white.png")) << "a map of no answers";
  }
}

TEST_F(PictureFailures, APictureBeyondTheMemoryLimitFailsAlone) {
  test::write_random_segmenter(model(), {"a", "b"});
  const std::string small = write_picture("small.png", 64, 64, 90), wide = write_picture("wide.png", 300, 60000, 90);
  const auto plan = segment({small});
  std::smatch found;
  ASSERT_TRUE(std::regex_search(plan.err, found, std::regex("about (\\d+)(\\.\\d+)? MiB of"))) << plan.err;
  const std::string limit = std::to_string(std::stoll(found[1]) + 60) + "MiB";
  const auto result = segment({"--memory-limit", limit, small, wide, write_picture("other.png", 64, 64, 30)});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_NE(result.err.find("wide.png: a picture of 60000 x 300 needs about"), std::string::npos) << result.err;
  const auto lines = results();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[1].contains("error")) << lines[1];
  EXPECT_TRUE(lines[0].contains("map") && lines[2].contains("map")) << lines[0] << lines[2];
}

TEST_F(PictureFailures, WhatConcernsAllPicturesEndsTheListAndLeavesTheResultsSoFar) {
  test::write_random_segmenter(model(), {"a", "b"});
  const std::string small = write_picture("small.png", 20, 20, 90), large = write_picture("large.png", 200, 200, 90);
  // no shape of tiles: what is wrong is the command
  const auto result = segment({"--tile", "64", "--overlap", "60", small, large});
  EXPECT_EQ(result.exit_code, 2) << result.err;
}

TEST_F(PictureFailures, ClassesOfNoNumbersAreAnErrorOfTheirPicture) {
  test::write_random_model(model(), {"cat", "dog"});
  let_white_overflow(model());
  const std::string first = write_picture("first.png", 40, 40, 0), white = write_picture("white.png", 40, 40, 255);
  const auto json = run("classify", "predict",
                        {"--format", "json", "--precision", "float32", "--explain", (folder_ / "explained").string(),
                         first, white, first});
  EXPECT_EQ(json.exit_code, 3) << json.err;
  const auto lines = json_lines(json.out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[0].contains("predictions") && lines[2].contains("predictions")) << json.out;
  EXPECT_NE(lines[1].value("error", "").find("not finite"), std::string::npos) << lines[1];
  EXPECT_NE(json.err.find("1 of 3 inputs failed"), std::string::npos) << json.err;
  const std::filesystem::directory_iterator explained(folder_ / "explained");
  EXPECT_EQ(std::distance(begin(explained), end(explained)), 2) << "nothing explains what is no answer";
  const auto text = run("classify", "predict", {"--precision", "float32", first, white});
  EXPECT_EQ(text.out.find("nan"), std::string::npos) << text.out;
}

TEST_F(PictureFailures, PixelsWithoutANumberAreNeverRight) {
  test::write_random_segmenter(model(), {"a", "b"});
  LoadedModel loaded = load_model(model());
  const torch::NoGradGuard no_grad;
  for (auto& item : loaded.model->named_parameters()) {
    if (item.key() == "head.classifier.bias") item.value().fill_(std::numeric_limits<float>::quiet_NaN());
  }
  save_model(model(), *loaded.model, loaded.metadata);
  folder_.write("data/classes.txt", {'a', '\n', 'b', '\n'});
  const auto ids = torch::zeros({20, 24}, torch::kLong);
  folder_.write("data/images/val/p.png", test::encode_picture_for(ids));
  folder_.write("data/annotations/val/p.png", test::encode_mask(ids));
  for (const bool flip : {false, true}) {
    std::vector<std::string> words = {"--data", (folder_ / "data").string(), "--json", "-"};
    if (flip) words.emplace_back("--flip");
    const auto result = run("segment", "eval", words);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(parse_json(result.out, "result")["pixel_accuracy"], 0) << result.out;
    EXPECT_NE(result.err.find("480 pixels"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("not finite"), std::string::npos) << result.err;
  }
}

}  // namespace
}  // namespace multipole
