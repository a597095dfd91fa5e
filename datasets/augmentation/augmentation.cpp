#include "datasets/augmentation/augmentation.h"

#include <algorithm>
#include <cmath>

#include "datasets/augmentation/ranges.h"

namespace multipole {

void AugmentationConfig::validate(const std::string& where) const {
  random_crop.validate(where + ".random_crop");
  require_probability(horizontal_flip, where + ".horizontal_flip");
  color_jitter.validate(where + ".color_jitter");
  rand_augment.validate(where + ".rand_augment");
  random_erasing.validate(where + ".random_erasing");
  mix.validate(where + ".mix");
}

Augmentation::Augmentation(const AugmentationConfig& config, const Preprocessing& preprocessing)
    : config_(config), preprocessing_(preprocessing) {
  config_.validate("augmentation");
  preprocessing_.validate("preprocessing");
  for (const double mean : preprocessing_.mean) {
    fill_.push_back(static_cast<uint8_t>(std::clamp(std::lround(255.0 * mean), 0L, 255L)));
  }
}

torch::Tensor flip_horizontal(const torch::Tensor& image) { return image.flip({1}); }

torch::Tensor Augmentation::operator()(const torch::Tensor& image, SampleRandom& random) const {
  torch::Tensor out = random_crop(image, config_.random_crop, preprocessing_, random);
  if (random.chance(config_.horizontal_flip)) out = flip_horizontal(out);
  if (preprocessing_.channels() == 3) {
    color_jitter(out, config_.color_jitter, random);
    rand_augment(out, config_.rand_augment, fill_, random);
  }
  random_erasing(out, config_.random_erasing, fill_, random);
  return out;
}

}  // namespace multipole
