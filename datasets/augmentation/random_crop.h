// Three ways to cut a square of the model's input size out of a training picture.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/sample_random.h"
#include "datasets/pictures/preprocessing.h"
#include "datasets/pictures/resize.h"

namespace multipole {

struct RandomCropConfig {
  std::string type = "random_resized";
  std::vector<double> scale = {0.08, 1.0};
  std::vector<double> ratio = {0.75, 4.0 / 3.0};
  int64_t padding = 4;
  std::string padding_mode = "zero";

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "random_resized, pad (pad the picture, cut at random: CIFAR's way) or center");
    field("scale", self.scale, "random_resized: smallest and largest share of the picture's area");
    field("ratio", self.ratio, "random_resized: smallest and largest width / height");
    field("padding", self.padding, "pad: pixels added on every side");
    field("padding_mode", self.padding_mode, "pad: zero (black) or reflect");
  }
  void validate(const std::string& where) const;
};

// Szegedy et al., "Going deeper with convolutions", 2015: ten tries at an area and an aspect ratio, then the centre.
CropBox sample_resized_crop(int64_t height, int64_t width, const RandomCropConfig& config, SampleRandom& random);

// (H, W, C) uint8 -> (image_size, image_size, C). "pad" resizes to image_size first where the picture has another size.
torch::Tensor random_crop(const torch::Tensor& image, const RandomCropConfig& config,
                          const Preprocessing& preprocessing, SampleRandom& random);

// The part of the picture, extended without end by black or by reflection, whose top left corner is (top, left).
torch::Tensor padded_crop(const torch::Tensor& image, int64_t top, int64_t left, int64_t size, bool reflect);

}  // namespace multipole
