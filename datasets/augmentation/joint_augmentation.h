// Augmentation of a picture together with its mask: scale jitter, crop with a category cap, flip, photometric changes.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/sample_random.h"
#include "datasets/augmentation/color_jitter.h"
#include "datasets/dataset.h"
#include "datasets/pictures/preprocessing.h"
#include "datasets/pictures/resize.h"

namespace multipole {

// In the order in which they are applied.
struct SegmentAugmentationConfig {
  std::vector<double> scale = {0.5, 2.0};
  std::vector<int64_t> crop_size = {512, 512};
  double max_category_share = 0.75;
  double horizontal_flip = 0.5;
  ColorJitterConfig color_jitter{
      .probability = 0.5, .brightness = 0.25, .contrast = 0.25, .saturation = 0.25, .hue = 0.05};

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("scale", self.scale, "smallest and largest factor of the picture's size, drawn evenly in the logarithm");
    field("crop_size", self.crop_size,
          "height and width of the part to train on, in pixels; smaller pictures are filled up with ignored pixels");
    field("max_category_share", self.max_category_share,
          "a crop in which one class has more of the labelled pixels than this is drawn again, up to ten times; 1 is "
          "off");
    field("horizontal_flip", self.horizontal_flip, "probability of mirroring left and right");
    field("color_jitter", self.color_jitter, "random brightness, contrast, saturation and hue of the picture");
  }
  void validate(const std::string& where) const;
};

class JointAugmentation {
 public:
  JointAugmentation(const SegmentAugmentationConfig& config, const Preprocessing& preprocessing);

  // A picture (H, W, C) with its mask (H, W), both uint8 -> the same of crop_size. The input is not written to.
  // Masks are resized by taking the nearest pixel. What lies outside of the picture is of the mean colour and ignored.
  // color_jitter is left out unless C is 3.
  Sample operator()(const Sample& sample, SampleRandom& random) const;

 private:
  CropBox choose_crop(const torch::Tensor& mask, int64_t height, int64_t width, SampleRandom& random) const;

  SegmentAugmentationConfig config_;
  Interpolation interpolation_;
  std::vector<uint8_t> fill_;  // the mean colour, which is 0 after normalisation
};

// The part `window` of the (H, W) uint8 mask at the size (height, width), by the nearest pixel's centre. Exposed for
// evaluation at other scales and for tests.
torch::Tensor resize_mask(const torch::Tensor& mask, int64_t height, int64_t width, const CropBox& window);

}  // namespace multipole
