// One model teaches another from the command line: features without labels, and a classifier's answers.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "engine/files/model_file.h"
#include "engine/report/run_report.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"
#include "tests/support/random_source.h"
#include "tests/support/small_training.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

class Distill : public testing::Test {
 protected:
  Distill() {
    torch::manual_seed(test::test_seed());
    test::write_random_model(teacher_, {"class_0", "class_1"});
  }

  Words distill(const Words& more = {}) const {
    Words words = test::small_training((folder_ / "pictures").string(), (folder_ / "run").string(), more);
    words[0] = "distill";
    words.insert(words.end(), {"--set", "preprocessing.image_size=32"});
    return words;
  }

  // Any folders, no classes.
  void write_pictures(int64_t count) const {
    for (int64_t i = 0; i < count; ++i) {
      const auto place = folder_ / "pictures" / (i % 2 == 0 ? "some" : "other/deep");
      std::filesystem::create_directories(place);
      // colours that differ from picture to picture, which features tell
      auto image = torch::randint(0, 10, {32, 32, 3}, torch::kUInt8);
      image += torch::randint(0, 240, {1, 1, 3}, torch::kUInt8);
      write_bytes(place / (std::to_string(i) + ".png"), encode_png(image));
    }
  }

  const test::TemporaryFolder folder_;
  const std::filesystem::path teacher_ = folder_ / "teacher.safetensors";
};

TEST_F(Distill, LearnsFeaturesWithoutLabels) {
  write_pictures(200);
  const Words train = distill({"--teacher", teacher_.string(), "--epochs", "16", "--set", "train.optimizer.lr=0.003",
                               "--set", "train.batch_size=8", "--set", "train.ema.enabled=false"});
  const auto result = run_multipole(train);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("160 pictures to learn from, 40 held out"), std::string::npos) << result.err;
  EXPECT_NE(result.out.find("best explained variance"), std::string::npos) << result.out;

  const Json report = read_run_report(folder_ / "run");
  const double learned = report["metrics"]["explained_variance"].get<double>();
  EXPECT_GT(learned, 0) << "more than the mean of the features is known";
  EXPECT_GT(learned, report["curves"][0]["explained_variance"].get<double>() + 0.1);
  const ModelMetadata metadata = read_model_metadata(folder_ / "run" / "best.safetensors");
  EXPECT_EQ(metadata.task, "embedding");
  EXPECT_EQ(metadata.training["teacher"]["file"], "teacher.safetensors");
  EXPECT_EQ(metadata.architecture.head["projection_dim"], load_model(teacher_).model->backbone()->embedding_dim());

  // what it learned is a start for other trainings
  test::draw_small_data((folder_ / "data").string());
  const auto tuned =
      run_multipole(test::small_training((folder_ / "data").string(), (folder_ / "tuned").string(),
                                         {"--epochs", "1", "--init", (folder_ / "run" / "best.safetensors").string()}));
  EXPECT_EQ(tuned.exit_code, 0) << tuned.err;
}

TEST_F(Distill, SaysWhatItNeeds) {
  write_pictures(3);
  const auto without = run_multipole(distill());
  EXPECT_EQ(without.exit_code, 2) << without.err;
  EXPECT_NE(without.err.find("--teacher"), std::string::npos) << without.err;
  const auto missing = run_multipole(distill({"--teacher", (folder_ / "none.safetensors").string()}));
  EXPECT_EQ(missing.exit_code, 5) << missing.err;
}

TEST_F(Distill, AClassifierTeachesItsAnswers) {
  const std::string data = (folder_ / "data").string(), out = (folder_ / "taught").string();
  ASSERT_EQ(test::draw_small_data(data).exit_code, 0);
  const auto classes = load_model(teacher_).metadata.classes;
  const auto wrong = run_multipole(test::small_training(data, out, {"--epochs", "1", "--teacher", teacher_.string()}));
  EXPECT_EQ(wrong.exit_code, 2) << wrong.err;
  EXPECT_NE(wrong.err.find("does not know"), std::string::npos) << wrong.err;

  const auto first = run_multipole(test::small_training(data, (folder_ / "first").string(), {"--epochs", "1"}));
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const std::string teacher = (folder_ / "first" / "best.safetensors").string();
  const auto taught = run_multipole(test::small_training(data, out, {"--epochs", "1", "--teacher", teacher}));
  ASSERT_EQ(taught.exit_code, 0) << taught.err;
  EXPECT_EQ(read_model_metadata(folder_ / "taught" / "best.safetensors").training["teacher"]["file"],
            "best.safetensors");
  // another teacher is another training
  const auto other =
      run_multipole(test::small_training(data, out, {"--epochs", "2", "--teacher", out + "/best.safetensors"}));
  EXPECT_EQ(other.exit_code, 2) << other.err;
  EXPECT_NE(other.err.find("teacher"), std::string::npos) << other.err;
}

}  // namespace
}  // namespace multipole
