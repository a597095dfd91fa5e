// The perceptual hash and the search for pairs, against comparing all with all.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <bit>
#include <set>

#include "datasets/inspection/near_duplicates.h"
#include "datasets/pictures/resize.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

// Soft random shapes: noise of a few pixels, enlarged.
torch::Tensor random_gray_picture(int64_t height, int64_t width) {
  const torch::Tensor coarse = torch::randint(0, 256, {6, 7, 3}, torch::kUInt8);
  return resize(coarse, height, width, Interpolation::kBicubic);
}

class PerceptualHash : public ::testing::Test {
 protected:
  PerceptualHash() { torch::manual_seed(static_cast<int64_t>(test::test_seed())); }
};

TEST_F(PerceptualHash, ScalingAndNoiseHardlyMatterAndOtherPicturesDo) {
  int far = 0;
  for (int round = 0; round < 30; ++round) {
    const torch::Tensor image = random_gray_picture(test::random_int(60, 200), test::random_int(60, 200));
    const PictureLook look = look_of(image);
    const PictureLook small = look_of(resize(image, image.size(0) / 2, image.size(1) / 2, Interpolation::kBilinear));
    const torch::Tensor noise = torch::randint(-2, 3, image.sizes(), torch::kInt);
    const PictureLook noisy = look_of((image.to(torch::kInt) + noise).clamp(0, 255).to(torch::kUInt8));
    EXPECT_LE(std::popcount(look.hash ^ small.hash), 3);
    EXPECT_LE(std::popcount(look.hash ^ noisy.hash), 3);
    EXPECT_LT(thumbnail_difference(look, small), 6.0);
    EXPECT_FALSE(look.is_flat);
    far += std::popcount(look.hash ^ look_of(random_gray_picture(90, 90)).hash) > 10 ? 1 : 0;
  }
  EXPECT_GE(far, 28);
}

TEST_F(PerceptualHash, BitsAreRisingPairs) {
  // brightness rises from left to right: every bit is set
  const torch::Tensor ramp = torch::arange(0, 180, torch::kUInt8).view({1, 180, 1}).expand({40, 180, 3}).contiguous();
  EXPECT_EQ(look_of(ramp).hash, ~uint64_t{0});
  EXPECT_EQ(look_of(ramp.flip({1}).contiguous()).hash, 0u);
  EXPECT_TRUE(look_of(torch::full({5, 3, 3}, 77, torch::kUInt8)).is_flat);
  EXPECT_TRUE(look_of(torch::full({1, 1, 3}, 0, torch::kUInt8)).is_flat);
}

TEST_F(PerceptualHash, TheSearchFindsWhatComparingAllFinds) {
  std::vector<ComparedPicture> pictures;
  for (int i = 0; i < 300; ++i) {
    ComparedPicture picture;
    picture.look.hash = test::random_source()();
    picture.split = test::random_int(0, 2);
    if (i > 0 && test::random_int(0, 1) == 0) {  // a relative of an earlier one
      picture.look.hash = pictures[test::random_int(0, i - 1)].look.hash;
      for (int64_t flips = test::random_int(0, 5); flips > 0; --flips) {
        picture.look.hash ^= uint64_t{1} << test::random_int(0, 63);
      }
    }
    picture.look.is_flat = test::random_int(0, 20) == 0;
    picture.look.thumbnail.fill(static_cast<uint8_t>(test::random_int(0, 4) == 0 ? 6 : 0));
    pictures.push_back(picture);
  }
  std::set<std::pair<int64_t, int64_t>> wanted, found;
  for (int64_t i = 0; i < 300; ++i) {
    for (int64_t j = i + 1; j < 300; ++j) {
      const auto &a = pictures[i], &b = pictures[j];
      if (a.split == b.split || a.look.is_flat || b.look.is_flat) continue;
      if (std::popcount(a.look.hash ^ b.look.hash) > 3 || thumbnail_difference(a.look, b.look) >= 6.0) continue;
      wanted.emplace(i, j);
    }
  }
  for (const auto& pair : find_near_duplicates(pictures)) {
    EXPECT_TRUE(found.emplace(pair.first, pair.second).second) << "found twice";
  }
  EXPECT_EQ(found, wanted);
  EXPECT_FALSE(wanted.empty());
}

TEST_F(PerceptualHash, MassesOfTheSamePictureEndTheSearch) {
  std::vector<ComparedPicture> pictures(1000);
  for (size_t i = 0; i < pictures.size(); ++i) pictures[i].split = static_cast<int64_t>(i % 2);
  EXPECT_EQ(find_near_duplicates(pictures).size(), kMaxNearDuplicates);
}

}  // namespace
}  // namespace multipole
