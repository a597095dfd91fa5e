// Properties of the augmentations on single pictures.
#include <gtest/gtest.h>
#include <torch/nn/functional.h>
#include <torch/utils.h>

#include <set>

#include "base/error.h"
#include "datasets/augmentation/augmentation.h"
#include "datasets/augmentation/color_ops.h"
#include "tests/datasets/byte_tensors.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

torch::Tensor noise(int64_t height, int64_t width) {
  torch::manual_seed(test::random_int(0, 1 << 30));
  return torch::randint(0, 256, {height, width, 3}, torch::kUInt8);
}

SampleRandom any_random() { return {static_cast<uint64_t>(test::random_int(0, 1 << 30)), 0, 0}; }

AugmentationConfig everything() {
  AugmentationConfig config;
  config.color_jitter = {.probability = 0.8, .brightness = 0.4, .contrast = 0.4, .saturation = 0.4, .hue = 0.1};
  config.rand_augment.num_ops = 3;
  config.random_erasing = {.probability = 0.5, .mode = "pixel"};
  return config;
}

AugmentationConfig nothing() {
  AugmentationConfig config;
  config.random_crop.type = "center";
  config.horizontal_flip = 0.0;
  return config;
}

TEST(Augmentation, EveryCropGivesTheInputSizeForAnyPicture) {
  for (const std::string type : {"random_resized", "pad", "center"}) {
    for (const std::string mode : {"zero", "reflect"}) {
      AugmentationConfig config = everything();
      config.random_crop.type = type;
      config.random_crop.padding_mode = mode;
      const Augmentation augment(config, {.image_size = 24});
      for (const auto& [height, width] :
           {std::pair<int64_t, int64_t>{1, 1}, {1, 3000}, {3000, 1}, {24, 24}, {19, 45}}) {
        const torch::Tensor image = noise(height, width), before = image.clone();
        SampleRandom random = any_random();
        const torch::Tensor out = augment(image, random);
        EXPECT_EQ(out.sizes(), (std::vector<int64_t>{24, 24, 3}));
        EXPECT_TRUE(out.is_contiguous());
        EXPECT_TRUE(torch::equal(image, before)) << "the input was written to";
      }
    }
  }
}

TEST(Augmentation, AllSwitchedOffIsThePreprocessing) {
  const Preprocessing preprocessing{.image_size = 20, .crop_pct = 0.9};
  const torch::Tensor image = noise(33, 47);
  SampleRandom random = any_random();
  EXPECT_TRUE(
      torch::equal(Augmentation(nothing(), preprocessing)(image, random), resize_center_crop(image, preprocessing)));
}

TEST(Augmentation, AFunctionOfItsKey) {
  const Augmentation augment(everything(), {.image_size = 32});
  const torch::Tensor image = noise(40, 50);
  const auto run = [&](uint64_t seed, uint64_t epoch, uint64_t index) {
    SampleRandom random(seed, epoch, index);
    return augment(image, random);
  };
  EXPECT_TRUE(torch::equal(run(1, 2, 3), run(1, 2, 3)));
  EXPECT_FALSE(torch::equal(run(1, 2, 3), run(0, 2, 3)));
  EXPECT_FALSE(torch::equal(run(1, 2, 3), run(1, 3, 3)));
  EXPECT_FALSE(torch::equal(run(1, 2, 3), run(1, 2, 4)));
}

TEST(Augmentation, FlipsHalfOfThePictures) {
  AugmentationConfig config = nothing();
  const torch::Tensor image = test::gradient_image(16, 16);
  const Preprocessing preprocessing{.image_size = 16, .crop_pct = 1.0};
  for (const double probability : {0.0, 0.5, 1.0}) {
    config.horizontal_flip = probability;
    const Augmentation augment(config, preprocessing);
    int num_flipped = 0;
    for (uint64_t i = 0; i < 400; ++i) {
      SampleRandom random(7, 0, i);
      const torch::Tensor out = augment(image, random);
      const bool flipped = torch::equal(out, flip_horizontal(image));
      EXPECT_TRUE(flipped || torch::equal(out, image));
      num_flipped += flipped ? 1 : 0;
    }
    EXPECT_NEAR(num_flipped, 400 * probability, 50);
  }
  EXPECT_TRUE(torch::equal(flip_horizontal(flip_horizontal(image)), image));
}

TEST(RandomCrop, PaddedCropsAreTheTorchPaddingsParts) {
  const int64_t height = test::random_int(5, 20), width = test::random_int(5, 20);
  const torch::Tensor image = noise(height, width);
  const torch::Tensor chw = image.permute({2, 0, 1}).to(torch::kFloat).unsqueeze(0);
  for (const bool reflect : {false, true}) {
    const auto options = torch::nn::functional::PadFuncOptions({4, 4, 4, 4});
    const torch::Tensor padded =
        (reflect ? torch::nn::functional::pad(chw,
                                              torch::nn::functional::PadFuncOptions({4, 4, 4, 4}).mode(torch::kReflect))
                 : torch::nn::functional::pad(chw, options))[0]
            .permute({1, 2, 0});
    const int64_t size = std::min(height, width);
    const int64_t top = test::random_int(-4, height + 4 - size), left = test::random_int(-4, width + 4 - size);
    const torch::Tensor wanted = padded.slice(0, top + 4, top + 4 + size).slice(1, left + 4, left + 4 + size);
    EXPECT_TRUE(torch::equal(padded_crop(image, top, left, size, reflect), wanted.to(torch::kUInt8)));
  }
}

TEST(RandomCrop, BoxesKeepToTheirScaleAndRatio) {
  const RandomCropConfig config{.scale = {0.2, 0.6}, .ratio = {0.5, 2.0}};
  std::set<int64_t> heights;
  for (uint64_t i = 0; i < 500; ++i) {
    SampleRandom random(3, 0, i);
    const CropBox box = sample_resized_crop(200, 300, config, random);
    EXPECT_TRUE(box.top >= 0 && box.left >= 0 && box.top + box.height <= 200 && box.left + box.width <= 300);
    const double share = static_cast<double>(box.height * box.width) / (200.0 * 300.0);
    EXPECT_TRUE(share > 0.19 && share < 0.61) << share;
    const double ratio = static_cast<double>(box.width) / static_cast<double>(box.height);
    EXPECT_TRUE(ratio > 0.48 && ratio < 2.08) << ratio;
    heights.insert(box.height);
  }
  EXPECT_GT(heights.size(), 50u);
}

TEST(RandAugment, EveryOperationKeepsShapeAndMostDoNothingAtMagnitudeZero) {
  const std::set<std::string> without_strength = {"auto_contrast", "equalize", "invert", "posterize"};
  const FillColor fill = {9, 8, 7};
  for (const auto& name : rand_augment_ops()) {
    for (const bool negative : {false, true}) {
      const torch::Tensor image = noise(test::random_int(1, 40), test::random_int(1, 40));
      torch::Tensor weak = image.clone(), strong = image.clone();
      apply_rand_augment_op(name, weak, 0.0, negative, fill);
      apply_rand_augment_op(name, strong, 10.0, negative, fill);
      EXPECT_EQ(strong.sizes(), image.sizes()) << name;
      if (!without_strength.contains(name)) {
        EXPECT_TRUE(torch::equal(weak, image)) << name;
      }
      const torch::Tensor large = torch::randint(40, 200, {30, 30, 3}, torch::kUInt8);
      torch::Tensor changed = large.clone();
      apply_rand_augment_op(name, changed, 10.0, negative, fill);
      EXPECT_FALSE(torch::equal(changed, large)) << name << " did nothing";
    }
  }
}

TEST(RandAugment, ProbabilityZeroChangesNothing) {
  torch::Tensor image = noise(20, 20);
  const torch::Tensor before = image.clone();
  SampleRandom random = any_random();
  rand_augment(image, {.num_ops = 5, .probability = 0.0}, {}, random);
  EXPECT_TRUE(torch::equal(image, before));
}

TEST(Affine, WholePixelsAreMovedExactly) {
  const torch::Tensor image = noise(9, 11);
  const torch::Tensor moved = warp_affine(image, {.dx = 3, .dy = -2}, {1, 2, 3});
  EXPECT_TRUE(torch::equal(moved.slice(0, 2).slice(1, 0, 8), image.slice(0, 0, 7).slice(1, 3)));
  EXPECT_TRUE(torch::equal(moved[0][0], torch::tensor({1, 2, 3}, torch::kUInt8)));
  // a quarter turn, twice, is the picture turned by 180 degrees
  const AffineMap quarter{.xx = 0, .xy = -1, .yx = 1, .yy = 0};
  const torch::Tensor square = noise(8, 8);
  EXPECT_TRUE(torch::equal(warp_affine(warp_affine(square, quarter, {}), quarter, {}), square.flip({0, 1})));
}

TEST(ColorOps, DoWhatTheirNamesSay) {
  const auto pixel = [](int red, int green, int blue) {
    return torch::tensor({red, green, blue}, torch::kUInt8).view({1, 1, 3});
  };
  torch::Tensor image = pixel(10, 127, 200);
  invert(image);
  EXPECT_TRUE(torch::equal(image, pixel(245, 128, 55)));
  invert(image);
  solarize(image, 128);
  EXPECT_TRUE(torch::equal(image, pixel(10, 127, 55)));
  solarize_add(image, 110);
  EXPECT_TRUE(torch::equal(image, pixel(120, 237, 165)));
  posterize(image, 2);
  EXPECT_TRUE(torch::equal(image, pixel(64, 192, 128)));
  adjust_brightness(image, 0.5);
  EXPECT_TRUE(torch::equal(image, pixel(32, 96, 64)));
  adjust_saturation(image, 0.0);
  EXPECT_EQ(image[0][0][0].item<int>(), image[0][0][2].item<int>());
  torch::Tensor red = pixel(200, 20, 20);
  adjust_hue(red, 1.0 / 3.0);
  EXPECT_TRUE(torch::equal(red, pixel(20, 200, 20)));
  torch::Tensor spread = torch::arange(50, 98, torch::kUInt8).view({4, 4, 3}).contiguous();
  auto_contrast(spread);
  EXPECT_EQ(spread.min().item<int>(), 0);
  EXPECT_EQ(spread.max().item<int>(), 255);
}

TEST(RandomErasing, ErasesARectangleOfItsScale) {
  const RandomErasingConfig config{.probability = 1.0, .scale = {0.1, 0.3}};
  for (uint64_t i = 0; i < 50; ++i) {
    torch::Tensor image = torch::full({40, 40, 3}, 200, torch::kUInt8);
    SampleRandom random(i, 0, 0);
    random_erasing(image, config, {1, 2, 3}, random);
    const double share = (image.select(2, 0) == 1).to(torch::kDouble).mean().item<double>();
    EXPECT_TRUE(share > 0.08 && share < 0.33) << share;
  }
}

TEST(AugmentationConfig, BadValuesNameTheirKey) {
  const auto message = [](const char* json) -> std::string {
    try {
      config_from_json<AugmentationConfig>(parse_json(json, "test"), "augmentation");
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message("{}"), "");
  EXPECT_NE(message(R"({"horizontal_flip": 2})").find("augmentation.horizontal_flip"), std::string::npos);
  EXPECT_NE(message(R"({"random_crop": {"type": "padd"}})").find("did you mean 'pad'"), std::string::npos);
  EXPECT_NE(message(R"({"random_crop": {"scale": [0.5, 0.1]}})").find("random_crop.scale"), std::string::npos);
  EXPECT_NE(message(R"({"rand_augment": {"magnitude": 11}})").find("rand_augment.magnitude"), std::string::npos);
  EXPECT_NE(message(R"({"random_erasing": {"mode": "noise"}})").find("random_erasing.mode"), std::string::npos);
  EXPECT_NE(message(R"({"color_jitter": {"hue": 0.6}})").find("color_jitter.hue"), std::string::npos);
  EXPECT_NE(message(R"({"mix": {"mixup_alpha": -1}})").find("mix.mixup_alpha"), std::string::npos);
}

}  // namespace
}  // namespace multipole
