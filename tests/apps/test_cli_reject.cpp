// `classify predict --min-probability`, and answers that are no numbers.
#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/formats/csv.h"
#include "datasets/pictures/image_encode.h"
#include "engine/files/classifier_file.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using Words = std::vector<std::string>;

class Reject : public ::testing::Test {
 protected:
  Reject() {
    test::write_random_model(model(), {"cat", "dog", "unknown"});
    write_bytes(picture(), encode_png(torch::randint(0, 256, {40, 41, 3}, torch::kUInt8)));
  }
  std::filesystem::path model() const { return folder_ / "model.safetensors"; }
  std::filesystem::path picture() const { return folder_ / "p.png"; }

  test::ProcessResult predict(const Words& more) const {
    Words words = {"classify", "predict",     "--model", model().string(),  "--device",
                   "cpu",      "--precision", "float32", picture().string()};
    words.insert(words.end(), more.begin(), more.end());
    return test::run_multipole(words);
  }
  Json json(const Words& more) const {
    Words words = {"--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = predict(words);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return parse_json(result.out, "stdout");
  }

  test::TemporaryFolder folder_;
};

TEST_F(Reject, BelowTheLeastProbabilityTheAnswerIsUnknown) {
  const Json all = json({});
  const Json accepted = json({"--min-probability", "0.1"});
  EXPECT_EQ(accepted, all) << "the first answer decides, the others are told as ever";
  const Json rejected = json({"--min-probability", "1"});
  EXPECT_EQ(rejected["path"], picture().string());
  EXPECT_EQ(rejected["predictions"], Json::array());
  EXPECT_EQ(rejected["rejected"], all["predictions"]);

  const std::string best = all["predictions"][0]["class"];
  const auto text = predict({"--min-probability", "1", "--top-k", "1"});
  EXPECT_EQ(text.out.find(picture().string() + ": unknown (" + best + " "), 0u) << text.out;
  const auto csv = predict({"--min-probability", "1", "--format", "csv"});
  const auto rows = parse_csv(csv.out, "csv");
  ASSERT_EQ(rows.size(), 2u) << csv.out;
  EXPECT_EQ(rows[1].fields[0], picture().string());
  EXPECT_EQ(rows[1].fields[1], "");
  EXPECT_EQ(rows[1].fields[2], "unknown");
  EXPECT_EQ(rows[1].fields[3], "") << "no class of the model's";
  EXPECT_NEAR(std::stod(rows[1].fields[4]), all["predictions"][0]["probability"].get<double>(), 1e-6);
  EXPECT_EQ(rows[1].fields[5], "");
}

TEST_F(Reject, OnlyAProbabilityIsTaken) {
  for (const char* value : {"nan", "-0.1", "1.01", "inf", "half", ""}) {
    const auto result = predict({"--min-probability", value});
    EXPECT_EQ(result.exit_code, 2) << value;
    EXPECT_NE(result.err.find("--min-probability"), std::string::npos) << result.err;
    EXPECT_EQ(result.out, "") << value;
  }
}

TEST_F(Reject, SeveralClassesAPictureHaveAThresholdForIt) {
  ModelMetadata metadata = test::random_model_metadata({"cat", "dog", "unknown"});
  metadata.task = kMultiLabelClassification;
  save_model(model(), *VisionModel(metadata.architecture), metadata);
  const auto result = predict({"--min-probability", "0.5"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_NE(result.err.find("--threshold"), std::string::npos) << result.err;
  EXPECT_EQ(predict({"--threshold", "nan"}).exit_code, 2);
}

TEST_F(Reject, AnAnswerThatIsNoNumberIsAFailure) {
  const ModelMetadata metadata = test::random_model_metadata({"cat", "dog", "unknown"});
  VisionModel broken(metadata.architecture);
  {
    const torch::NoGradGuard no_grad;
    for (auto& weight : broken->head().parameters()) weight.fill_(std::numeric_limits<float>::quiet_NaN());
  }
  save_model(model(), *broken, metadata);
  for (const Words& more : {Words{}, Words{"--min-probability", "0.5"}}) {
    Words words = {"--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = predict(words);
    EXPECT_EQ(result.exit_code, 3) << result.err;
    const Json line = parse_json(result.out, "stdout");
    EXPECT_FALSE(line.contains("predictions")) << line;
    EXPECT_NE(line.value("error", "").find("not finite"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace multipole
