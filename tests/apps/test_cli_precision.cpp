// Every precision with every way of running: pictures whole, in tiles and in a list, evaluation with flips and scales,
// explanations, a coarse view of the whole picture.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/pictures/image_encode.h"
#include "engine/files/model_file.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;

const std::vector<std::string> kClasses = {"a", "b", "c"};

class Precision : public ::testing::TestWithParam<std::string> {
 protected:
  Precision() {
    test::write_random_segmenter(folder_ / "segmenter", kClasses);
    test::write_random_model(folder_ / "classifier", kClasses);
    write_text_file("data/classes.txt", "a\nb\nc\n");
    for (const int i : {0, 1, 2}) {
      const int64_t height = 90 + 20 * i, width = 150 - 10 * i;
      const std::string name = std::to_string(i) + ".png";
      const auto image = encode_png(torch::randint(0, 256, {height, width, 3}, torch::kUInt8));
      folder_.write("pictures/" + name, image);
      folder_.write("data/images/val/" + name, image);
      folder_.write("data/annotations/val/" + name, test::encode_mask(torch::randint(0, 3, {height, width})));
      folder_.write("photos/val/" + kClasses[static_cast<size_t>(i)] + "/" + name, image);
    }
  }

  void write_text_file(const std::string& name, const std::string& text) {
    folder_.write(name, {text.begin(), text.end()});
  }

  // A command that must succeed.
  std::string run(const std::string& task, const std::string& what, const std::vector<std::string>& more) {
    std::vector<std::string> words = {
        task,          what,      "--model",   (folder_ / (task == "segment" ? "segmenter" : "classifier")).string(),
        "--device",    "cpu",     "--threads", "1",
        "--precision", GetParam()};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = run_multipole(words);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }

  // The maps of all pictures, (all pixels).
  torch::Tensor segment(const std::string& out, std::vector<std::string> more) {
    more.insert(more.end(), {"--out", (folder_ / out).string(), (folder_ / "pictures").string()});
    run("segment", "predict", more);
    std::vector<torch::Tensor> maps;
    for (const int i : {0, 1, 2}) {
      const auto path = folder_ / out / (std::to_string(i) + ".png");
      if (!std::filesystem::exists(path)) return torch::zeros({0});
      maps.push_back(read_image(path).select(2, 0).flatten());
    }
    return torch::cat(maps);
  }

  test::TemporaryFolder folder_;
};

TEST_P(Precision, ListsOfPicturesWholeAndInTiles) {
  const auto whole = segment("whole", {"--tile", "none", "--overlay", "--probability", "--uncertainty"});
  const auto tiles = segment("tiles", {"--tile", "96", "--overlap", "32", "--probability", "--uncertainty"});
  const auto chosen = segment("chosen", {});
  ASSERT_GT(whole.numel(), 0);
  ASSERT_EQ(tiles.numel(), whole.numel());
  EXPECT_TRUE(chosen.equal(whole));
  EXPECT_GT(tiles.eq(whole).to(torch::kDouble).mean().item<double>(), 1.0 / 3);
}

TEST_P(Precision, TilesWithACoarseViewOfTheWhole) {
  ModelMetadata metadata = load_model(folder_ / "segmenter").metadata;
  metadata.architecture.head["context"] = true;
  save_model(folder_ / "segmenter", *VisionModel(metadata.architecture), metadata);
  EXPECT_GT(segment("tiles", {"--tile", "96", "--overlap", "32"}).numel(), 0);
}

TEST_P(Precision, EvaluationOfMasksWithFlipsAndScales) {
  const std::string data = (folder_ / "data").string();
  for (const std::vector<std::string>& copies :
       {std::vector<std::string>{}, {"--flip"}, {"--scales", "0.75,1,1.3"}, {"--flip", "--scales", "0.5,1.5"}}) {
    std::vector<std::string> words = {"--data", data, "--boundary", "--json", "-", "--quiet"};
    words.insert(words.end(), copies.begin(), copies.end());
    const Json result = parse_json(run("segment", "eval", words), "result");
    EXPECT_EQ(result["samples"], 3);
    EXPECT_TRUE(result["miou"].is_number()) << result;
  }
}

TEST_P(Precision, ClassesOfAListWithExplanationsAndTheirEvaluation) {
  std::istringstream lines(run("classify", "predict",
                               {"--format", "json", "--explain", (folder_ / "explained").string(), "--batch-size", "2",
                                (folder_ / "pictures").string()}));
  int64_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const Json answer = parse_json(line, "line");
    double sum = 0;
    for (const auto& prediction : answer["predictions"]) sum += prediction["probability"].get<double>();
    EXPECT_NEAR(sum, 1, 1e-5) << line;
  }
  EXPECT_EQ(count, 3);
  const std::filesystem::directory_iterator explained(folder_ / "explained");
  EXPECT_EQ(std::distance(begin(explained), end(explained)), 3);
  const Json result = parse_json(
      run("classify", "eval", {"--data", (folder_ / "photos").string(), "--json", "-", "--quiet"}), "result");
  EXPECT_EQ(result["samples"], 3);
}

INSTANTIATE_TEST_SUITE_P(All, Precision, ::testing::Values("float32", "bfloat16", "auto"));

}  // namespace
}  // namespace multipole
