#include "datasets/augmentation/random_crop.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "datasets/augmentation/ranges.h"
#include "datasets/pictures/mat_view.h"

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
  const int64_t bottom = top + size, right = left + size;
  const auto beyond = [](int64_t pixels) { return static_cast<int>(std::max<int64_t>(0, pixels)); };
  cv::Mat padded;
  cv::copyMakeBorder(mat_view(image), padded, beyond(-top), beyond(bottom - image.size(0)), beyond(-left),
                     beyond(right - image.size(1)), reflect ? cv::BORDER_REFLECT_101 : cv::BORDER_CONSTANT);
  const torch::Tensor out = torch::empty({size, size, image.size(2)}, torch::kUInt8);
  const cv::Mat cut = mat_view(out);
  padded(cv::Rect({beyond(left), beyond(top)}, cut.size())).copyTo(cut);
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
