// Features are found by the very same pixels only, and none that is no number passes.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "base/error.h"
#include "tasks/probe/feature_key.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

TEST(PictureKey, IsOfThePixels) {
  const auto image = torch::rand({3, 6, 4});
  const auto same = image.contiguous(at::MemoryFormat::Contiguous).clone();
  EXPECT_EQ(picture_key(image), picture_key(same));
  EXPECT_EQ(picture_key(image), picture_key(image.permute({1, 2, 0}).contiguous().permute({2, 0, 1})));
  auto other = image.clone();
  other[2][5][3] += 1e-6;
  EXPECT_NE(picture_key(image), picture_key(other));
  const auto flat = torch::zeros({3, 4, 6});
  EXPECT_NE(picture_key(flat), picture_key(flat.reshape({3, 6, 4})));
}

TEST(FiniteFeatures, NameThePictureWhereTheyAreNot) {
  auto features = torch::randn({4, 3});
  EXPECT_NO_THROW(require_finite_features(features, "a.png"));
  for (const double wrong : {std::nan(""), HUGE_VAL}) {
    features[test::random_int(0, 3)][test::random_int(0, 2)] = wrong;
    try {
      require_finite_features(features, "a.png");
      FAIL() << wrong;
    } catch (const ModelFileError& error) {
      EXPECT_EQ(std::string(error.what()).find("a.png"), 0) << error.what();
    }
  }
}

}  // namespace
}  // namespace multipole
