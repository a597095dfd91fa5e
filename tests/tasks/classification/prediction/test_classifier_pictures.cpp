// The classifier with pictures of OpenCV and with files: one picture has one answer, whatever it comes in.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/mat_picture.h"
#include "tasks/classification/prediction/classifier.h"
#include "tests/support/model_file.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::random_int;

void expect_same(const std::vector<ClassPrediction>& a, const std::vector<ClassPrediction>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].index, b[i].index);
    EXPECT_EQ(a[i].probability, b[i].probability);
  }
}

class ClassifierOfPictures : public ::testing::Test {
 protected:
  ClassifierOfPictures() {
    test::write_random_model(folder_ / "model", {"cat", "dog", "owl", "fox"});
    for (int i = 0; i < 5; ++i) {
      pictures_.push_back(torch::randint(0, 256, {random_int(1, 90), random_int(1, 90), 3}, torch::kUInt8));
      mats_.push_back(mat_of(pictures_.back()));
      paths_.push_back(folder_.write(std::to_string(i) + ".png", encode_png(pictures_.back())));
    }
    classifier_ =
        std::make_unique<Classifier>(folder_ / "model", ClassifierOptions{.device = "cpu", .precision = "float32"});
  }

  test::TemporaryFolder folder_;
  std::vector<torch::Tensor> pictures_;
  std::vector<cv::Mat> mats_;
  std::vector<std::filesystem::path> paths_;
  std::unique_ptr<const Classifier> classifier_;
};

TEST_F(ClassifierOfPictures, TensorsMatsAndFilesAreAlike) {
  const auto of_tensors = classifier_->predict(pictures_), of_mats = classifier_->predict(mats_),
             of_paths = classifier_->predict(paths_);
  ASSERT_EQ(of_tensors.size(), 5u);
  ASSERT_EQ(of_mats.size(), 5u);
  ASSERT_EQ(of_paths.size(), 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(of_mats[i].error + of_paths[i].error, "");
    expect_same(of_mats[i].predictions, of_tensors[i].predictions);
    expect_same(of_paths[i].predictions, of_tensors[i].predictions);
    const auto alone = classifier_->predict(pictures_[i], {.top_k = 2});
    expect_same(classifier_->predict(mats_[i], {.top_k = 2}), alone);
    expect_same(classifier_->predict(paths_[i], {.top_k = 2}), alone);
  }
}

TEST_F(ClassifierOfPictures, GrayTransparentAndPartsOfMats) {
  cv::Mat gray(31, 47, CV_8UC1), transparent(22, 35, CV_8UC4);
  cv::randu(gray, 0, 256);
  cv::randu(transparent, 0, 256);
  for (const cv::Mat& mat : {gray, transparent, mats_[0](cv::Rect(0, 0, 1, 1))}) {
    expect_same(classifier_->predict(mat), classifier_->predict(rgb_of(mat)));
  }
}

TEST_F(ClassifierOfPictures, MatsOfOtherTypes) {
  EXPECT_THROW(classifier_->predict(cv::Mat()), InputError);
  EXPECT_THROW(classifier_->predict(cv::Mat(4, 4, CV_32FC3, cv::Scalar(0, 0, 0))), InputError);
  const std::vector<cv::Mat> mixed = {cv::Mat(4, 4, CV_16UC1, cv::Scalar(7)), mats_[1]};
  const auto answers = classifier_->predict(mixed);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_NE(answers[0].error.find("CV_16UC1"), std::string::npos) << answers[0].error;
  expect_same(answers[1].predictions, classifier_->predict(mats_[1]));
}

TEST_F(ClassifierOfPictures, FilesThatCannotBeRead) {
  test::write_text(folder_ / "text.png", "no picture");
  EXPECT_THROW(classifier_->predict(folder_ / "text.png"), InputError);
  EXPECT_THROW(classifier_->predict(folder_ / "absent.png"), InputError);
  paths_.insert(paths_.begin() + 1, folder_ / "text.png");
  const auto answers = classifier_->predict(paths_);
  ASSERT_EQ(answers.size(), 6u);
  for (size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].error.empty(), i != 1) << answers[i].error;
    EXPECT_EQ(answers[i].predictions.empty(), i == 1);
  }
  EXPECT_NE(answers[1].error.find("text.png"), std::string::npos) << answers[1].error;
}

TEST_F(ClassifierOfPictures, LimitsOfWhatIsRead) {
  ClassifierOptions options{.device = "cpu", .precision = "float32"};
  options.decode.max_pixels = 10;
  const Classifier narrow(folder_ / "model", options);
  const auto large = folder_.write("large.png", encode_png(torch::zeros({4, 3, 3}, torch::kUInt8)));
  EXPECT_THROW(narrow.predict(large), InputError);
  EXPECT_NO_THROW(classifier_->predict(large));
}

}  // namespace
}  // namespace multipole
