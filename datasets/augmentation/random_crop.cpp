#include "datasets/augmentation/random_crop.h"

#include <algorithm>
#include <cmath>

#include "datasets/augmentation/ranges.h"

namespace multipole {

void RandomCropConfig::validate(const std::string& where) const {
  const std::vector<std::string> types = {"random_resized", "pad", "center"}, modes = {"zero", "reflect"};
  const auto known = [](const std::string& name, const std::vector<std::string>& names, const std::string& key) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    throw ConfigError(key + ": unknown value '" + name + "'" + suggest_name(name, names));
  };
  known(type, types, where + ".type");
  known(padding_mode, modes, where + ".padding_mode");
  require_range(scale, where + ".scale");
  require(scale[1] <= 1.0, where + ".scale", "must not go beyond 1", scale);
  require_range(ratio, where + ".ratio");
  require(padding >= 0 && padding <= 4096, where + ".padding", "must be from 0 to 4096", padding);
}

CropBox sample_resized_crop(int64_t height, int64_t width, const RandomCropConfig& config, SampleRandom& random) {
  const auto area = static_cast<double>(height) * static_cast<double>(width);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * random.uniform(config.scale[0], config.scale[1]);
    const double aspect = std::exp(random.uniform(std::log(config.ratio[0]), std::log(config.ratio[1])));
    const int64_t crop_width = std::llround(std::sqrt(target * aspect));
    const int64_t crop_height = std::llround(std::sqrt(target / aspect));
    if (crop_width < 1 || crop_height < 1 || crop_width > width || crop_height > height) continue;
    const int64_t top = random.below(height - crop_height + 1);
    return {top, random.below(width - crop_width + 1), crop_height, crop_width};
  }
  // the largest central part whose aspect ratio is allowed
  const double aspect = static_cast<double>(width) / static_cast<double>(height);
  const double wanted = std::clamp(aspect, config.ratio[0], config.ratio[1]);
  CropBox box{0, 0, height, width};
  if (aspect > wanted) box.width = std::clamp<int64_t>(std::llround(wanted * static_cast<double>(height)), 1, width);
  if (aspect < wanted) box.height = std::clamp<int64_t>(std::llround(static_cast<double>(width) / wanted), 1, height);
  box.top = (height - box.height) / 2;
  box.left = (width - box.width) / 2;
  return box;
}

torch::Tensor padded_crop(const torch::Tensor& image, int64_t top, int64_t left, int64_t size, bool reflect) {
  const int64_t height = image.size(0), width = image.size(1);
  // the picture's index for a place of the padded picture, or -1 for black
  const auto place = [reflect](int64_t i, int64_t extent) -> int64_t {
    if (i >= 0 && i < extent) return i;
    if (!reflect) return -1;
    if (extent == 1) return 0;
    const int64_t period = 2 * (extent - 1);
    i = ((i % period) + period) % period;
    return std::min(i, period - i);
  };
  torch::Tensor out = torch::zeros({size, size, 3}, torch::kUInt8);
  const auto* const source = image.data_ptr<uint8_t>();
  auto* write = out.data_ptr<uint8_t>();
  for (int64_t y = 0; y < size; ++y) {
    const int64_t row = place(top + y, height);
    for (int64_t x = 0; x < size; ++x, write += 3) {
      const int64_t column = place(left + x, width);
      if (row >= 0 && column >= 0) std::copy_n(source + (row * width + column) * 3, 3, write);
    }
  }
  return out;
}

torch::Tensor random_crop(const torch::Tensor& image, const RandomCropConfig& config,
                          const Preprocessing& preprocessing, SampleRandom& random) {
  const int64_t size = preprocessing.image_size;
  const auto interpolation = interpolation_from_name(preprocessing.interpolation, "preprocessing.interpolation");
  if (config.type == "center") return resize_center_crop(image, preprocessing);
  if (config.type == "random_resized") {
    const CropBox box = sample_resized_crop(image.size(0), image.size(1), config, random);
    return crop_resize(image, box, size, size, interpolation);
  }
  const bool fits = image.size(0) == size && image.size(1) == size;
  const torch::Tensor whole = fits ? image : resize_center_crop(image, preprocessing);
  const int64_t top = random.below(2 * config.padding + 1) - config.padding;
  const int64_t left = random.below(2 * config.padding + 1) - config.padding;
  return padded_crop(whole, top, left, size, config.padding_mode == "reflect");
}

}  // namespace multipole
