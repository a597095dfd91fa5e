// The embedder with pictures of OpenCV and with files: one picture has one vector, whatever it comes in.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <opencv2/core.hpp>
#include <vector>

#include "base/error.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/mat_picture.h"
#include "tasks/embedding/embedder.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"
#include "tests/tasks/embedding/embedder_models.h"

namespace multipole {
namespace {

using test::random_int;

class EmbedderOfPictures : public ::testing::Test {
 protected:
  EmbedderOfPictures() {
    test::write_random_vit(folder_ / "vit");
    for (int i = 0; i < 4; ++i) {
      pictures_.push_back(torch::randint(0, 256, {random_int(1, 90), random_int(1, 90), 3}, torch::kUInt8));
      mats_.push_back(mat_of(pictures_.back()));
      paths_.push_back(folder_.write(std::to_string(i) + ".png", encode_png(pictures_.back())));
    }
    embedder_ = std::make_unique<Embedder>(folder_ / "vit", EmbedderOptions{.device = "cpu", .precision = "float32"});
  }

  test::TemporaryFolder folder_;
  std::vector<torch::Tensor> pictures_;
  std::vector<cv::Mat> mats_;
  std::vector<std::filesystem::path> paths_;
  std::unique_ptr<const Embedder> embedder_;
};

TEST_F(EmbedderOfPictures, TensorsMatsAndFilesAreAlike) {
  const auto of_tensors = embedder_->embed(pictures_), of_mats = embedder_->embed(mats_),
             of_paths = embedder_->embed(paths_);
  ASSERT_EQ(of_mats.size(), 4u);
  ASSERT_EQ(of_paths.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(of_mats[i].features.equal(of_tensors[i].features));
    EXPECT_TRUE(of_paths[i].features.equal(of_tensors[i].features));
    const auto alone = embedder_->embed(pictures_[i]);
    EXPECT_TRUE(embedder_->embed(mats_[i]).equal(alone));
    EXPECT_TRUE(embedder_->embed(paths_[i]).equal(alone));
  }
}

TEST_F(EmbedderOfPictures, WhatCannotBeRead) {
  test::write_text(folder_ / "text.png", "no picture");
  EXPECT_THROW(embedder_->embed(folder_ / "text.png"), InputError);
  EXPECT_THROW(embedder_->embed(cv::Mat()), InputError);
  paths_.insert(paths_.begin() + 1, folder_ / "text.png");
  const auto found = embedder_->embed(paths_);
  ASSERT_EQ(found.size(), 5u);
  for (size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].error.empty(), i != 1) << found[i].error;
  EXPECT_NE(found[1].error.find("text.png"), std::string::npos) << found[1].error;
}

}  // namespace
}  // namespace multipole
