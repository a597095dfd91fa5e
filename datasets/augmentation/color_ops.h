// Operations on the colours of an RGB picture, with the definitions of Pillow's ImageEnhance and ImageOps.
// Each changes `image`, (H, W, 3) uint8 contiguous, in place.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace multipole {

// factor 1 changes nothing; 0 gives black, the mean gray, the gray picture and the smoothed picture in turn.
void adjust_brightness(torch::Tensor& image, double factor);
void adjust_contrast(torch::Tensor& image, double factor);
void adjust_saturation(torch::Tensor& image, double factor);
void adjust_sharpness(torch::Tensor& image, double factor);
// Turns the hue by `turn` of the full circle, -0.5 to 0.5.
void adjust_hue(torch::Tensor& image, double turn);

void auto_contrast(torch::Tensor& image);
void equalize(torch::Tensor& image);
void invert(torch::Tensor& image);
// Keeps the upper `bits` of each value, 0 to 8.
void posterize(torch::Tensor& image, int bits);
// Inverts values of `threshold` and above.
void solarize(torch::Tensor& image, int threshold);
// Adds `amount` to values below 128.
void solarize_add(torch::Tensor& image, int amount);

}  // namespace multipole
