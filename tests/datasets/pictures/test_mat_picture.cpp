// Pictures of OpenCV: orders of channels, transparency, parts of pictures, and what is no picture.
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "base/error.h"
#include "datasets/pictures/mat_picture.h"
#include "datasets/pictures/rgb_picture.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

cv::Mat random_mat(int type) {
  cv::Mat mat(static_cast<int>(random_int(1, 40)), static_cast<int>(random_int(1, 40)), type);
  cv::randu(mat, 0, 256);
  return mat;
}

int channel_of(const torch::Tensor& picture, int64_t y, int64_t x, int64_t channel) {
  return picture[y][x][channel].item<uint8_t>();
}

TEST(MatPicture, BlueGreenRedBecomesRedGreenBlue) {
  const cv::Mat mat = random_mat(CV_8UC3);
  const torch::Tensor rgb = rgb_of(mat);
  ASSERT_EQ(rgb.sizes(), (torch::IntArrayRef{mat.rows, mat.cols, 3}));
  EXPECT_TRUE(rgb.is_contiguous());
  for (int y = 0; y < mat.rows; ++y) {
    for (int x = 0; x < mat.cols; ++x) {
      const auto pixel = mat.at<cv::Vec3b>(y, x);
      for (int c = 0; c < 3; ++c) ASSERT_EQ(channel_of(rgb, y, x, c), pixel[2 - c]) << y << " " << x;
    }
  }
}

TEST(MatPicture, GrayIsTheSameInAllThree) {
  const cv::Mat mat = random_mat(CV_8UC1);
  const torch::Tensor rgb = rgb_of(mat);
  for (int y = 0; y < mat.rows; ++y) {
    for (int c = 0; c < 3; ++c) ASSERT_EQ(channel_of(rgb, y, 0, c), mat.at<uint8_t>(y, 0));
  }
}

TEST(MatPicture, TransparencyLiesOverWhite) {
  cv::Mat mat(1, 3, CV_8UC4);
  mat.at<cv::Vec4b>(0, 0) = {10, 20, 30, 255};
  mat.at<cv::Vec4b>(0, 1) = {10, 20, 30, 0};
  mat.at<cv::Vec4b>(0, 2) = {0, 100, 255, 51};  // a fifth
  const auto expected = torch::tensor({30, 20, 10, 255, 255, 255, 255, 224, 204}).to(torch::kUInt8).view({1, 3, 3});
  EXPECT_TRUE(rgb_of(mat).equal(expected)) << rgb_of(mat);
}

TEST(MatPicture, PartsOfPictures) {
  const cv::Mat whole(20, 30, CV_8UC3, cv::Scalar(1, 2, 3));
  cv::Mat part = whole(cv::Rect(5, 7, 11, 9));
  part.at<cv::Vec3b>(8, 10) = {40, 50, 60};
  const torch::Tensor rgb = rgb_of(part);
  ASSERT_EQ(rgb.sizes(), (torch::IntArrayRef{9, 11, 3}));
  EXPECT_EQ(channel_of(rgb, 8, 10, 0), 60);
  EXPECT_EQ(channel_of(rgb, 0, 0, 0), 3);
}

TEST(MatPicture, ThereAndBack) {
  for (const int type : {CV_8UC3, CV_8UC1}) {
    const cv::Mat mat = random_mat(type);
    const torch::Tensor rgb = rgb_of(mat);
    const cv::Mat back = mat_of(type == CV_8UC1 ? rgb.select(2, 0) : rgb);
    ASSERT_EQ(back.type(), type);
    ASSERT_EQ(back.size(), mat.size());
    EXPECT_EQ(cv::norm(back, mat, cv::NORM_INF), 0);
  }
}

TEST(MatPicture, CopiesAreCopies) {
  cv::Mat mat(2, 2, CV_8UC3, cv::Scalar(1, 2, 3));
  const torch::Tensor rgb = rgb_of(mat);
  mat.setTo(cv::Scalar(9, 9, 9));
  EXPECT_EQ(channel_of(rgb, 0, 0, 0), 3);
}

TEST(MatPicture, WhatIsNoPicture) {
  EXPECT_THROW(rgb_of(cv::Mat()), InputError);
  const int sizes[] = {2, 3, 4};
  EXPECT_THROW(rgb_of(cv::Mat(3, sizes, CV_8UC1)), InputError);
  for (const int type : {CV_8UC2, CV_16UC3, CV_32FC3, CV_8SC3}) {
    try {
      rgb_of(random_mat(type));
      ADD_FAILURE() << cv::typeToString(type);
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(cv::typeToString(type)), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(mat_of(torch::zeros({3, 4})), InputError);
  EXPECT_THROW(mat_of(torch::zeros({3, 4, 4}, torch::kUInt8)), InputError);
  EXPECT_THROW(mat_of(torch::Tensor()), InputError);
}

TEST(RgbPicture, TakesPicturesAndNothingElse) {
  const auto picture = torch::randint(0, 256, {random_int(1, 9), random_int(1, 9), 3}, torch::kUInt8);
  EXPECT_TRUE(rgb_picture(picture).equal(picture));
  EXPECT_TRUE(rgb_picture(picture.transpose(0, 1)).is_contiguous());
  for (const auto& wrong : {torch::Tensor(), torch::zeros({4, 5, 3}), torch::zeros({3, 4, 5}, torch::kUInt8),
                            torch::zeros({4, 5}, torch::kUInt8), torch::zeros({0, 5, 3}, torch::kUInt8)}) {
    EXPECT_THROW(rgb_picture(wrong), InputError);
  }
  EXPECT_EQ(type_and_shape(torch::zeros({4, 5})), "Float (4, 5)");
}

}  // namespace
}  // namespace multipole
