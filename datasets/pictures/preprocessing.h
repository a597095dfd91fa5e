// The one way from a decoded picture to what a model sees in evaluation and prediction. It travels in the model file.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"
#include "datasets/codecs/image_decode.h"

namespace multipole {

struct Preprocessing {
  int64_t image_size = 224;
  double crop_pct = 0.875;
  std::string interpolation = "bilinear";
  std::string fit = "crop";
  std::string crop_rounding = "even";
  std::vector<double> mean = {0.485, 0.456, 0.406};
  std::vector<double> std = {0.229, 0.224, 0.225};
  BandScaling bands = {};

  // Of the pictures that the model sees: 3, or as many as bands are chosen.
  int64_t channels() const { return bands.channels(); }

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("image_size", self.image_size, "height and width that the model sees, in pixels");
    field("crop_pct", self.crop_pct, "share of the shorter side that the centre crop keeps, above 0 and up to 1");
    field("interpolation", self.interpolation, "resize filter: bilinear or bicubic, antialiased");
    field("fit", self.fit, "crop keeps a picture's proportions, squash resizes both sides to the same");
    field("crop_rounding", self.crop_rounding,
          "where the centre crop begins between two pixels: even (torchvision, timm) or down (transformers)");
    field("mean", self.mean, "mean of R, G and B, or of each chosen band, on a scale of 0 to 1");
    field("std", self.std, "standard deviation of them on the same scale");
    field("bands", self.bands, "bands of rasters that the model sees in place of R, G and B, and how they are scaled");
  }
  void validate(const std::string& where) const;
};

// How pictures for the model are to be read: what `options` say, with the model's bands, scaled as in its training.
// Where they choose bands, these are the model's in files that have them in other places. Throws ConfigError where
// their number is not that of the model's channels.
DecodeOptions reading_for(const Preprocessing& preprocessing, DecodeOptions options);

// (value / 255 - mean) / std, for one picture or for a batch.
class Normalizer {
 public:
  explicit Normalizer(const Preprocessing& preprocessing);
  int64_t channels() const { return channels_; }
  // (H, W, C) uint8 -> (C, H, W) float whose memory is channels-last.
  torch::Tensor operator()(const torch::Tensor& image) const;
  // The same written to `out`, room for H * W * C floats in HWC order.
  void write(const torch::Tensor& image, float* out) const;

 private:
  int64_t channels_ = 3;
  std::vector<float> table_;  // (256, C)
};

// Resizes the shorter side, or both where `fit` is "squash", to floor(image_size / crop_pct) and cuts the centre, with
// the rounding of torchvision and timm. (H, W, C) uint8 -> (image_size, image_size, C) uint8. Only the pixels that the
// crop keeps are computed, so a 1 x 100000 picture costs no more than another.
torch::Tensor resize_center_crop(const torch::Tensor& image, const Preprocessing& preprocessing);

// resize_center_crop, then normalised: (H, W, C) uint8 -> (C, image_size, image_size) float.
torch::Tensor preprocess(const torch::Tensor& image, const Preprocessing& preprocessing);

}  // namespace multipole
