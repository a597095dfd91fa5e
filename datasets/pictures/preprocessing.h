// The one way from a decoded picture to what a model sees in evaluation and prediction. It travels in the model file.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"

namespace multipole {

struct Preprocessing {
  int64_t image_size = 224;
  double crop_pct = 0.875;
  std::string interpolation = "bilinear";
  std::string fit = "crop";
  std::string crop_rounding = "even";
  std::vector<double> mean = {0.485, 0.456, 0.406};
  std::vector<double> std = {0.229, 0.224, 0.225};

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("image_size", self.image_size, "height and width that the model sees, in pixels");
    field("crop_pct", self.crop_pct, "share of the shorter side that the centre crop keeps, above 0 and up to 1");
    field("interpolation", self.interpolation, "resize filter: bilinear or bicubic, antialiased");
    field("fit", self.fit, "crop keeps a picture's proportions, squash resizes both sides to the same");
    field("crop_rounding", self.crop_rounding,
          "where the centre crop begins between two pixels: even (torchvision, timm) or down (transformers)");
    field("mean", self.mean, "mean of R, G and B on a scale of 0 to 1");
    field("std", self.std, "standard deviation of R, G and B on a scale of 0 to 1");
  }
  void validate(const std::string& where) const;
};

// (value / 255 - mean) / std, for one picture or for a batch.
class Normalizer {
 public:
  explicit Normalizer(const Preprocessing& preprocessing);
  // (H, W, 3) uint8 -> (3, H, W) float whose memory is channels-last.
  torch::Tensor operator()(const torch::Tensor& image) const;
  // The same written to `out`, room for H * W * 3 floats in HWC order.
  void write(const torch::Tensor& image, float* out) const;

 private:
  std::vector<float> table_;  // (256, 3)
};

// Resizes the shorter side, or both where `fit` is "squash", to floor(image_size / crop_pct) and cuts the centre, with
// the rounding of torchvision and timm. (H, W, 3) uint8 -> (image_size, image_size, 3) uint8. Only the pixels that the
// crop keeps are computed, so a 1 x 100000 picture costs no more than another.
torch::Tensor resize_center_crop(const torch::Tensor& image, const Preprocessing& preprocessing);

// resize_center_crop, then normalised: (H, W, 3) uint8 -> (3, image_size, image_size) float.
torch::Tensor preprocess(const torch::Tensor& image, const Preprocessing& preprocessing);

}  // namespace multipole
