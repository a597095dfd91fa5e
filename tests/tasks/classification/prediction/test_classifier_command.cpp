// The shipped models: the library and the command answer alike.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "tasks/classification/prediction/classifier.h"
#include "tests/support/process.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

class ShippedClassifier : public ::testing::TestWithParam<std::string> {};

TEST_P(ShippedClassifier, AnswersAsTheCommandDoes) {
  const std::string model = std::string(MULTIPOLE_SOURCE_DIR) + "/models/" + GetParam();
  const test::TemporaryFolder folder;
  std::vector<std::string> words = {"classify",    "predict",  "--model",   model,     "--format",
                                    "json",        "--device", "cpu",       "--top-k", "3",
                                    "--precision", "float32",  "--threads", "1"};
  std::vector<std::filesystem::path> paths;
  for (int i = 0; i < 6; ++i) {
    const auto picture = torch::randint(0, 256, {test::random_int(2, 20), test::random_int(2, 20), 3}, torch::kUInt8);
    const auto large = picture.repeat_interleave(9, 0).repeat_interleave(7, 1).contiguous();
    paths.push_back(folder.write(std::to_string(i) + ".png", encode_png(large)));
    words.push_back(paths.back().string());
  }
  const auto result = test::run_multipole(words);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Classifier classifier(model, {.device = "cpu", .precision = "float32", .threads = 1});
  const auto answers = classifier.predict(paths, {.top_k = 3});
  std::istringstream lines(result.out);
  size_t i = 0;
  for (std::string text; std::getline(lines, text); ++i) {
    const Json line = parse_json(text, "line");
    EXPECT_EQ(line["path"], paths.at(i).string());
    ASSERT_EQ(line["predictions"].size(), 3u);
    for (size_t j = 0; j < 3; ++j) {
      const auto& prediction = answers.at(i).predictions.at(j);
      EXPECT_EQ(line["predictions"][j]["class"], prediction.name);
      EXPECT_EQ(line["predictions"][j]["index"], prediction.index);
      EXPECT_EQ(line["predictions"][j]["probability"], std::round(prediction.probability * 1e6) / 1e6);
    }
  }
  EXPECT_EQ(i, paths.size());
}

INSTANTIATE_TEST_SUITE_P(All, ShippedClassifier,
                         ::testing::Values("multipole_nano_cifar10.safetensors",
                                           "multipole_nano_fused_tiny_imagenet.safetensors",
                                           "multipole_nano_tiny_imagenet.safetensors"));

}  // namespace
}  // namespace multipole
