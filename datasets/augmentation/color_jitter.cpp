#include "datasets/augmentation/color_jitter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "datasets/augmentation/color_ops.h"
#include "datasets/augmentation/ranges.h"

namespace multipole {

void ColorJitterConfig::validate(const std::string& where) const {
  require_probability(probability, where + ".probability");
  for (const auto& [name, value] :
       {std::pair{".brightness", brightness}, {".contrast", contrast}, {".saturation", saturation}}) {
    require(value >= 0.0 && value <= 10.0, where + name, "must be from 0 to 10", value);
  }
  require(hue >= 0.0 && hue <= 0.5, where + ".hue", "must be from 0 to 0.5", hue);
}

void color_jitter(torch::Tensor& image, const ColorJitterConfig& config, SampleRandom& random) {
  if (config.brightness == 0.0 && config.contrast == 0.0 && config.saturation == 0.0 && config.hue == 0.0) return;
  if (!random.chance(config.probability)) return;
  std::array<int, 4> order = {0, 1, 2, 3};
  for (int64_t i = 3; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  const auto factor = [&](double strength) { return random.uniform(std::max(0.0, 1.0 - strength), 1.0 + strength); };
  for (const int part : order) {
    if (part == 0 && config.brightness > 0.0) adjust_brightness(image, factor(config.brightness));
    if (part == 1 && config.contrast > 0.0) adjust_contrast(image, factor(config.contrast));
    if (part == 2 && config.saturation > 0.0) adjust_saturation(image, factor(config.saturation));
    if (part == 3 && config.hue > 0.0) adjust_hue(image, random.uniform(-config.hue, config.hue));
  }
}

}  // namespace multipole
