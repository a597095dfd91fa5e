#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "tasks/embedding/map_picture.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

// Tokens on three axes of falling spread, at random angles: the colours are the coordinates.
TEST(PrincipalComponents, AreTheAxesOfTheTokensFromTheLeastToTheLargest) {
  const int64_t height = random_int(4, 9), width = random_int(4, 9), channels = random_int(5, 12);
  const auto coordinates = torch::rand({height * width, 3}, torch::kDouble);
  const auto whitened = std::get<0>(torch::linalg_qr(coordinates - coordinates.mean(0)));
  const auto axes = std::get<0>(torch::linalg_qr(torch::randn({channels, 3}, torch::kDouble))).t();
  const auto tokens = (whitened * torch::tensor({9.0, 3.0, 1.0}, torch::kDouble)).mm(axes) + 5;
  const auto picture = principal_components_picture(tokens.t().reshape({channels, height, width}), height, width);
  ASSERT_EQ(picture.sizes(), (torch::IntArrayRef{height, width, 3}));
  for (int64_t i = 0; i < 3; ++i) {
    const auto axis = axes[i];
    const auto values = whitened.select(1, i) * axis[axis.abs().argmax()].sign();
    const auto expected = (values - values.min()) / (values.max() - values.min()) * 255;
    const auto found = picture.select(2, i).flatten().to(torch::kDouble);
    EXPECT_LE((found - expected).abs().max().item<double>(), 1) << i;
    EXPECT_EQ(found.min().item<double>(), 0);
    EXPECT_EQ(found.max().item<double>(), 255);
  }
}

TEST(PrincipalComponents, MapsWithoutThreeOfThemAreGrayThere) {
  EXPECT_TRUE(principal_components_picture(torch::full({7, 3, 4}, 0.3), 10, 12).eq(128).all().item<bool>());
  EXPECT_TRUE(principal_components_picture(torch::randn({7, 1, 1}), 5, 6).eq(128).all().item<bool>());
  const auto two = principal_components_picture(torch::randn({7, 1, 2}), 1, 2);
  EXPECT_TRUE(two.select(2, 1).eq(128).all().item<bool>());
  EXPECT_FALSE(two.select(2, 0).eq(128).any().item<bool>());
  EXPECT_TRUE(principal_components_picture(torch::zeros({1, 2, 2}), 4, 4).eq(128).all().item<bool>());
}

TEST(PrincipalComponents, AreAsLargeAsIsAskedFor) {
  const int64_t height = random_int(1, 50), width = random_int(1, 50);
  EXPECT_EQ(principal_components_picture(torch::randn({8, 5, 3}), height, width).sizes(),
            (torch::IntArrayRef{height, width, 3}));
  EXPECT_THROW(principal_components_picture(torch::randn({5, 3}), 4, 4), c10::Error);
}

}  // namespace
}  // namespace multipole
