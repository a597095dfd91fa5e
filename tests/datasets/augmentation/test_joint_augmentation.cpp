#include <gtest/gtest.h>
#include <torch/types.h>

#include <set>
#include <string>

#include "base/error.h"
#include "datasets/augmentation/joint_augmentation.h"
#include "datasets/segmentation/census.h"
#include "tests/datasets/byte_tensors.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

// A picture whose every pixel shows its class: red is 40 times the id.
Sample coded_sample(int64_t height, int64_t width, int64_t block) {
  const auto coarse = torch::randint(6, {(height + block - 1) / block, (width + block - 1) / block}, torch::kByte);
  const auto mask =
      coarse.repeat_interleave(block, 0).repeat_interleave(block, 1).narrow(0, 0, height).narrow(1, 0, width);
  Sample sample;
  sample.mask = mask.contiguous();
  sample.image = torch::stack({sample.mask * 40, sample.mask * 0, sample.mask * 0}, 2).contiguous();
  sample.path = "coded";
  return sample;
}

SegmentAugmentationConfig plain_config(int64_t height, int64_t width) {
  SegmentAugmentationConfig config;
  config.crop_size = {height, width};
  config.color_jitter = {};
  return config;
}

TEST(JointAugmentation, PictureAndMaskStayTogether) {
  const JointAugmentation augment(plain_config(40, 56), {});
  int64_t agreeing = 0, counted = 0;
  for (uint64_t index = 0; index < 20; ++index) {
    const Sample sample = coded_sample(random_int(20, 90), random_int(20, 90), 12);
    SampleRandom random(test::test_seed(), 0, index);
    const Sample out = augment(sample, random);
    ASSERT_EQ(out.image.sizes(), (std::vector<int64_t>{40, 56, 3}));
    ASSERT_EQ(out.mask.sizes(), (std::vector<int64_t>{40, 56}));
    const auto labelled = out.mask.ne(255);
    const auto shown = ((out.image.select(2, 0).to(torch::kInt) + 20) / 40).to(torch::kByte);
    counted += labelled.sum().item<int64_t>();
    agreeing += (shown.eq(out.mask) & labelled).sum().item<int64_t>();
  }
  // pixels at the borders of blocks are mixtures in the picture
  EXPECT_GT(static_cast<double>(agreeing), 0.75 * static_cast<double>(counted));
}

TEST(JointAugmentation, WithoutScaleOnlyWholePixelsMove) {
  auto config = plain_config(16, 16);
  config.scale = {1.0, 1.0};
  const JointAugmentation augment(config, {});
  for (uint64_t index = 0; index < 20; ++index) {
    const Sample sample = coded_sample(random_int(16, 40), random_int(16, 40), 3);
    SampleRandom random(test::test_seed(), 1, index);
    const Sample out = augment(sample, random);
    EXPECT_TRUE((out.mask * 40).equal(out.image.select(2, 0)));
    EXPECT_FALSE(out.mask.eq(255).any().item<bool>());
  }
}

TEST(JointAugmentation, WhatIsBeyondThePictureIsIgnoredAndOfTheMeanColour) {
  auto config = plain_config(20, 30);
  config.scale = {1.0, 1.0};
  Preprocessing preprocessing;
  preprocessing.mean = {0.2, 0.4, 0.6};
  const JointAugmentation augment(config, preprocessing);
  const Sample sample = coded_sample(7, 9, 2);
  SampleRandom random(test::test_seed(), 2, 0);
  const Sample out = augment(sample, random);
  EXPECT_EQ(out.mask.ne(255).sum().item<int64_t>(), 63);
  EXPECT_EQ(out.image[19][29][0].item<int>(), 51);
  EXPECT_EQ(out.image[19][29][2].item<int>(), 153);
}

TEST(JointAugmentation, SamplesAreAFunctionOfTheirPlaceInTraining) {
  SegmentAugmentationConfig config;
  config.crop_size = {24, 24};
  const JointAugmentation augment(config, {});
  const Sample sample = coded_sample(50, 60, 5);
  const Sample before{sample.image.clone(), -1, sample.mask.clone(), ""};
  SampleRandom first(1, 2, 3), same(1, 2, 3), other(1, 2, 4);
  const Sample a = augment(sample, first), b = augment(sample, same), c = augment(sample, other);
  EXPECT_TRUE(a.image.equal(b.image) && a.mask.equal(b.mask));
  EXPECT_FALSE(a.image.equal(c.image));
  EXPECT_TRUE(sample.image.equal(before.image) && sample.mask.equal(before.mask));
}

TEST(JointAugmentation, TheCategoryCapPrefersMixedCrops) {
  // class 1 is a small corner of a large picture of class 0
  Sample sample = coded_sample(64, 64, 64);
  sample.mask.zero_();
  sample.mask.narrow(0, 0, 24).narrow(1, 0, 24).fill_(1);
  const auto mixed_crops = [&](double cap) {
    auto config = plain_config(24, 24);
    config.scale = {1.0, 1.0};
    config.max_category_share = cap;
    const JointAugmentation augment(config, {});
    int64_t mixed = 0;
    for (uint64_t index = 0; index < 100; ++index) {
      SampleRandom random(5, 0, index);
      const auto mask = augment(sample, random).mask;
      const auto share = mask.to(torch::kFloat).mean().item<double>();
      mixed += share >= 0.25 && share <= 0.75;
    }
    return mixed;
  };
  EXPECT_GT(mixed_crops(0.75), 2 * mixed_crops(1.0));
}

TEST(ResizeMask, TakesTheNearestPixelsCentre) {
  const auto mask = torch::tensor({{1, 2}, {3, 4}}, torch::kByte);
  const auto doubled = resize_mask(mask, 4, 4, {0, 0, 4, 4});
  EXPECT_TRUE(doubled.equal(mask.repeat_interleave(2, 0).repeat_interleave(2, 1)));
  EXPECT_TRUE(resize_mask(doubled, 2, 2, {0, 0, 2, 2}).equal(mask));
  EXPECT_TRUE(resize_mask(doubled, 4, 4, {1, 1, 2, 2}).equal(mask));
  EXPECT_TRUE(resize_mask(mask, 3, 1, {0, 0, 3, 1}).equal(torch::tensor({{2}, {4}, {4}}, torch::kByte)));
}

TEST(JointAugmentation, WrongConfigsAreRefused) {
  const auto read = [](const Json& json) { return config_from_json<SegmentAugmentationConfig>(json, "augmentation"); };
  EXPECT_THROW(read({{"scale", {2.0, 0.5}}}), ConfigError);
  EXPECT_THROW(read({{"crop_size", {0, 5}}}), ConfigError);
  EXPECT_THROW(read({{"crop_size", {5}}}), ConfigError);
  EXPECT_THROW(read({{"max_category_share", 0.0}}), ConfigError);
}

class ListDataset : public Dataset {
 public:
  explicit ListDataset(std::vector<Sample> samples) : samples_(std::move(samples)) {}
  int64_t size() const override { return static_cast<int64_t>(samples_.size()); }
  std::string path(int64_t index) const override { return samples_.at(index).path; }
  Sample get(int64_t index) const override {
    if (!samples_.at(index).mask.defined()) throw InputError(path(index) + ": bad mask");
    return samples_[index];
  }

 private:
  std::vector<Sample> samples_;
};

TEST(Census, CountsPixelsPicturesSizesAndBadMasks) {
  std::vector<Sample> samples;
  torch::Tensor all = torch::zeros({7}, torch::kLong);
  int64_t ignored = 0;
  for (int i = 0; i < 12; ++i) {
    samples.push_back(coded_sample(random_int(3, 9), random_int(3, 9), 2));
    samples.back().mask[0][0] = 255;
    all += torch::bincount(samples.back().mask.flatten().clamp_max(6), {}, 7);
    ++ignored;
  }
  samples.push_back({});
  samples.back().path = "broken.png";
  for (const int64_t workers : {0, 3}) {
    const auto census = take_census(ListDataset(samples), 7, workers);
    EXPECT_EQ(census.samples, 12);
    EXPECT_EQ(census.ignored_pixels, ignored);
    int64_t pictures = 0;
    for (const auto& [size, count] : census.sizes) pictures += count;
    EXPECT_EQ(pictures, 12);
    for (int64_t label = 0; label < 6; ++label) EXPECT_EQ(census.class_pixels[label], all[label].item<int64_t>());
    EXPECT_EQ(census.class_samples[6], 0);
    ASSERT_EQ(census.bad.size(), 1);
    EXPECT_EQ(census.bad[0].index, 12);
    const auto report = census.report({"a", "b", "c", "d", "e", "f", "g"});
    EXPECT_NE(report.back().find("broken.png"), std::string::npos);
  }
}

}  // namespace
}  // namespace multipole
