#include "datasets/augmentation/random_erasing.h"

#include <cmath>
#include <cstdint>

#include "datasets/augmentation/ranges.h"

namespace multipole {

void RandomErasingConfig::validate(const std::string& where) const {
  require_probability(probability, where + ".probability");
  require_range(scale, where + ".scale");
  require(scale[1] <= 1.0, where + ".scale", "must not go beyond 1", scale);
  require_range(ratio, where + ".ratio");
  if (mode != "constant" && mode != "pixel") {
    throw ConfigError(where + ".mode: unknown value '" + mode + "'" + suggest_name(mode, {"constant", "pixel"}));
  }
}

void random_erasing(torch::Tensor& image, const RandomErasingConfig& config, const FillColor& fill,
                    SampleRandom& random) {
  if (config.probability == 0.0 || !random.chance(config.probability)) return;
  const int64_t height = image.size(0), width = image.size(1), channels = image.size(2);
  const auto area = static_cast<double>(height * width);
  auto* const bytes = image.data_ptr<uint8_t>();
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * random.uniform(config.scale[0], config.scale[1]);
    const double aspect = std::exp(random.uniform(std::log(config.ratio[0]), std::log(config.ratio[1])));
    const int64_t box_width = std::llround(std::sqrt(target * aspect));
    const int64_t box_height = std::llround(std::sqrt(target / aspect));
    if (box_width < 1 || box_height < 1 || box_width > width || box_height > height) continue;
    const int64_t top = random.below(height - box_height + 1), left = random.below(width - box_width + 1);
    for (int64_t y = top; y < top + box_height; ++y) {
      for (int64_t i = (y * width + left) * channels; i < (y * width + left + box_width) * channels; ++i) {
        bytes[i] =
            config.mode == "pixel" ? static_cast<uint8_t>(random.below(256)) : fill[static_cast<size_t>(i % channels)];
      }
    }
    return;
  }
}

}  // namespace multipole
