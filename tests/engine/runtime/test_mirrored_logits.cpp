#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "engine/runtime/execution.h"
#include "engine/runtime/mirrored_logits.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"

namespace multipole {
namespace {

using test::random_int;

class MirroredLogits : public ::testing::Test {
 protected:
  MirroredLogits() {
    torch::manual_seed(test::test_seed());
    model_ = VisionModel(test::small_model_config("multipole2d", 5));
    model_->eval();
    images_ = torch::randn({random_int(1, 4), 3, random_int(9, 40), random_int(9, 40)});
  }

  c10::InferenceMode inference_;
  VisionModel model_{nullptr};
  torch::Tensor images_;
};

TEST_F(MirroredLogits, AreTheMeanOfBothPictures) {
  auto expected = torch::zeros({images_.size(0), 5});
  const int64_t width = images_.size(3);
  auto mirrored = torch::empty_like(images_);
  for (int64_t x = 0; x < width; ++x) mirrored.select(3, x).copy_(images_.select(3, width - 1 - x));
  for (const auto& each : {images_, mirrored}) expected += model_->forward(each) / 2;
  EXPECT_TRUE(torch::allclose(mirrored_logits(model_, images_, Mirror::kAverage), expected, 1e-4, 1e-6));
  EXPECT_FALSE(torch::allclose(model_->forward(images_), expected, 1e-4, 1e-6));
}

TEST_F(MirroredLogits, AreTheModelsOwnToTheBitWhereNothingIsMirrored) {
  EXPECT_TRUE(mirrored_logits(model_, images_, Mirror::kNever).equal(model_->forward(images_)));
}

TEST_F(MirroredLogits, AreThoseOfTheMirroredPicture) {
  const auto left = mirrored_logits(model_, images_, Mirror::kAverage);
  EXPECT_TRUE(torch::allclose(left, mirrored_logits(model_, images_.flip({3}), Mirror::kAverage), 1e-4, 1e-6));
}

TEST_F(MirroredLogits, AreAddedInFloat32) {
  const AutocastGuard autocast({.bfloat16 = true});
  EXPECT_EQ(mirrored_logits(model_, images_, Mirror::kAverage).scalar_type(), torch::kFloat);
}

}  // namespace
}  // namespace multipole
