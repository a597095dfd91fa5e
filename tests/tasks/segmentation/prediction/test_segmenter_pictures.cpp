// The segmenter with pictures of OpenCV and with files: one picture has one map, whatever it comes in.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/mat_picture.h"
#include "tasks/segmentation/prediction/segmenter.h"
#include "tests/support/random_source.h"
#include "tests/support/segmentation_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/tasks/segmentation/inference/map_keeper.h"

namespace multipole {
namespace {

using test::random_int;

class SegmenterOfPictures : public ::testing::Test {
 protected:
  SegmenterOfPictures() {
    test::write_random_segmenter(folder_ / "model", {"sky", "road", "tree"});
    for (int i = 0; i < 3; ++i) {
      pictures_.push_back(torch::randint(0, 256, {random_int(1, 120), random_int(1, 120), 3}, torch::kUInt8));
      mats_.push_back(mat_of(pictures_.back()));
      paths_.push_back(folder_.write(std::to_string(i) + ".png", encode_png(pictures_.back())));
    }
    SegmenterOptions options{.device = "cpu", .outputs = {.probability = true}};
    segmenter_ = std::make_unique<Segmenter>(folder_ / "model", options);
  }

  static void expect_same(const cv::Mat& mat, const torch::Tensor& map) {
    ASSERT_EQ(mat.type(), CV_8UC1);
    EXPECT_EQ(cv::norm(mat, mat_of(map), cv::NORM_INF), 0);
  }

  test::TemporaryFolder folder_;
  std::vector<torch::Tensor> pictures_;
  std::vector<cv::Mat> mats_;
  std::vector<std::filesystem::path> paths_;
  std::unique_ptr<const Segmenter> segmenter_;
};

TEST_F(SegmenterOfPictures, TensorsMatsAndFilesAreAlike) {
  const auto of_mats = segmenter_->predict(mats_);
  const auto of_paths = segmenter_->predict(paths_);
  ASSERT_EQ(of_mats.size(), 3u);
  ASSERT_EQ(of_paths.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const Segmentation expected = segmenter_->predict(pictures_[i]);
    const MatSegmentation of_mat = segmenter_->predict(mats_[i]);
    expect_same(of_mat.classes, expected.classes);
    expect_same(of_mat.probability, expected.probability);
    EXPECT_TRUE(of_mat.uncertainty.empty());
    EXPECT_EQ(of_mat.run.plan.width, mats_[i].cols);
    expect_same(of_mats[i].classes, expected.classes);
    EXPECT_TRUE(of_paths[i].classes.equal(expected.classes));
    EXPECT_TRUE(segmenter_->predict(paths_[i]).probability.equal(expected.probability));
    test::MapKeeper streamed(pictures_[i].size(0), pictures_[i].size(1));
    segmenter_->segment(paths_[i], streamed);
    EXPECT_TRUE(streamed.is_complete());
    EXPECT_TRUE(streamed.classes().equal(expected.classes));
  }
}

TEST_F(SegmenterOfPictures, GrayAndTransparentMats) {
  cv::Mat gray(31, 47, CV_8UC1), transparent(22, 35, CV_8UC4);
  cv::randu(gray, 0, 256);
  cv::randu(transparent, 0, 256);
  for (const cv::Mat& mat : {gray, transparent}) {
    expect_same(segmenter_->predict(mat).classes, segmenter_->predict(rgb_of(mat)).classes);
  }
}

TEST_F(SegmenterOfPictures, MatsOfOtherTypesAndFilesThatCannotBeRead) {
  const cv::Mat wrong(4, 4, CV_32FC3, cv::Scalar(0, 0, 0));
  EXPECT_THROW(segmenter_->predict(wrong), InputError);
  EXPECT_THROW(segmenter_->predict(cv::Mat()), InputError);
  const auto of_mats = segmenter_->predict(std::vector<cv::Mat>{wrong, mats_[0]});
  EXPECT_NE(of_mats.at(0).error.find("CV_32FC3"), std::string::npos) << of_mats[0].error;
  EXPECT_TRUE(of_mats[0].classes.empty());
  EXPECT_EQ(of_mats.at(1).error, "");
  test::write_text(folder_ / "text.png", "no picture");
  EXPECT_THROW(segmenter_->predict(folder_ / "text.png"), InputError);
  const auto of_paths = segmenter_->predict(std::vector<std::filesystem::path>{folder_ / "text.png", paths_[0]});
  EXPECT_NE(of_paths.at(0).error.find("text.png"), std::string::npos) << of_paths[0].error;
  EXPECT_TRUE(of_paths.at(1).classes.defined());
}

}  // namespace
}  // namespace multipole
