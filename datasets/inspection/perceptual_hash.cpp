#include "datasets/inspection/perceptual_hash.h"

#include <algorithm>
#include <cstdlib>

#include "datasets/pictures/resize.h"

namespace multipole {

namespace {

// Luma steps between the darkest and the lightest thumbnail pixel below which a picture counts as flat.
constexpr int kFlatContrast = 16;

// Rec. 601, in 1/1000.
int luma(const uint8_t* rgb) { return (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]) / 1000; }

}  // namespace

PictureLook look_of(const torch::Tensor& image) {
  const torch::Tensor small = resize(image, PictureLook::kHeight, PictureLook::kWidth, Interpolation::kBilinear);
  PictureLook look;
  std::copy_n(small.data_ptr<uint8_t>(), look.thumbnail.size(), look.thumbnail.begin());
  int darkest = 255, lightest = 0;
  for (int64_t y = 0; y < PictureLook::kHeight; ++y) {
    for (int64_t x = 0; x < PictureLook::kWidth; ++x) {
      const uint8_t* const pixel = &look.thumbnail[static_cast<size_t>((y * PictureLook::kWidth + x) * 3)];
      const int value = luma(pixel);
      darkest = std::min(darkest, value);
      lightest = std::max(lightest, value);
      if (x + 1 < PictureLook::kWidth) look.hash = look.hash << 1 | (value < luma(pixel + 3) ? 1 : 0);
    }
  }
  look.is_flat = lightest - darkest < kFlatContrast;
  return look;
}

double thumbnail_difference(const PictureLook& a, const PictureLook& b) {
  int sum = 0;
  for (size_t i = 0; i < a.thumbnail.size(); ++i) sum += std::abs(a.thumbnail[i] - b.thumbnail[i]);
  return static_cast<double>(sum) / static_cast<double>(a.thumbnail.size());
}

}  // namespace multipole
