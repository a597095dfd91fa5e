#include "datasets/augmentation/joint_augmentation.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "datasets/augmentation/augmentation.h"
#include "datasets/augmentation/ranges.h"
#include "datasets/masks/label_map.h"

namespace multipole {

namespace {

constexpr int kCropAttempts = 10;

// The share of the labelled pixels that the most frequent class has; 0 where nothing is labelled.
double largest_share(const torch::Tensor& mask) {
  std::array<int64_t, 256> counts = {};
  const torch::Tensor dense = mask.contiguous();
  const auto* const labels = dense.data_ptr<uint8_t>();
  for (int64_t i = 0; i < dense.numel(); ++i) ++counts[labels[i]];
  counts[kIgnoredLabel] = 0;
  int64_t sum = 0;
  for (const int64_t count : counts) sum += count;
  const auto largest = *std::max_element(counts.begin(), counts.end());
  return sum == 0 ? 0.0 : static_cast<double>(largest) / static_cast<double>(sum);
}

int64_t scaled(int64_t extent, double factor) {
  return std::max<int64_t>(1, std::llround(static_cast<double>(extent) * factor));
}

}  // namespace

void SegmentAugmentationConfig::validate(const std::string& where) const {
  require_range(scale, where + ".scale");
  require(scale[0] >= 0.01 && scale[1] <= 100, where + ".scale", "must be within 0.01 and 100", scale);
  require(crop_size.size() == 2, where + ".crop_size", "must be two numbers, height and width", crop_size);
  for (const int64_t extent : crop_size) {
    require(extent >= 1 && extent <= 16384, where + ".crop_size", "must be from 1 to 16384 each", crop_size);
  }
  require(max_category_share > 0 && max_category_share <= 1, where + ".max_category_share",
          "must be above 0 and at most 1", max_category_share);
  require_probability(horizontal_flip, where + ".horizontal_flip");
  color_jitter.validate(where + ".color_jitter");
}

JointAugmentation::JointAugmentation(const SegmentAugmentationConfig& config, const Preprocessing& preprocessing)
    : config_(config),
      interpolation_(interpolation_from_name(preprocessing.interpolation, "preprocessing.interpolation")) {
  config_.validate("augmentation");
  preprocessing.validate("preprocessing");
  for (const double mean : preprocessing.mean) {
    fill_.push_back(static_cast<uint8_t>(std::clamp(std::lround(255.0 * mean), 0L, 255L)));
  }
}

Sample JointAugmentation::operator()(const Sample& sample, SampleRandom& random) const {
  const double factor = std::exp(random.uniform(std::log(config_.scale[0]), std::log(config_.scale[1])));
  const int64_t height = scaled(sample.image.size(0), factor), width = scaled(sample.image.size(1), factor);
  const CropBox window = choose_crop(sample.mask, height, width, random);
  torch::Tensor image = resize_crop(sample.image, height, width, window, interpolation_);
  torch::Tensor mask = resize_mask(sample.mask, height, width, window);
  if (random.chance(config_.horizontal_flip)) {
    image = flip_horizontal(image);
    mask = mask.flip({1});
  }
  const int64_t channels = image.size(2);
  if (channels == 3) color_jitter(image, config_.color_jitter, random);

  const int64_t crop_height = config_.crop_size[0], crop_width = config_.crop_size[1];
  Sample out{image, sample.label, mask, sample.path};
  if (image.size(0) == crop_height && image.size(1) == crop_width) return out;
  out.image = torch::empty({crop_height, crop_width, channels}, torch::kUInt8);
  for (int64_t c = 0; c < channels; ++c) out.image.select(2, c).fill_(fill_.at(static_cast<size_t>(c)));
  out.mask = torch::full({crop_height, crop_width}, kIgnoredLabel, torch::kUInt8);
  out.image.narrow(0, 0, image.size(0)).narrow(1, 0, image.size(1)).copy_(image);
  out.mask.narrow(0, 0, mask.size(0)).narrow(1, 0, mask.size(1)).copy_(mask);
  return out;
}

CropBox JointAugmentation::choose_crop(const torch::Tensor& mask, int64_t height, int64_t width,
                                       SampleRandom& random) const {
  CropBox box;
  box.height = std::min(height, config_.crop_size[0]);
  box.width = std::min(width, config_.crop_size[1]);
  for (int attempt = 0; attempt < kCropAttempts; ++attempt) {
    box.top = random.below(height - box.height + 1);
    box.left = random.below(width - box.width + 1);
    if (config_.max_category_share >= 1) break;
    if (largest_share(resize_mask(mask, height, width, box)) <= config_.max_category_share) break;
  }
  return box;
}

torch::Tensor resize_mask(const torch::Tensor& mask, int64_t height, int64_t width, const CropBox& window) {
  const auto nearest = [](int64_t i, int64_t from, int64_t to) {
    return std::min(from - 1, static_cast<int64_t>((static_cast<double>(i) + 0.5) * static_cast<double>(from) /
                                                   static_cast<double>(to)));
  };
  std::vector<int64_t> columns(window.width);
  for (int64_t x = 0; x < window.width; ++x) columns[x] = nearest(window.left + x, mask.size(1), width);
  const torch::Tensor dense = mask.contiguous();
  torch::Tensor out = torch::empty({window.height, window.width}, torch::kUInt8);
  auto* write = out.data_ptr<uint8_t>();
  for (int64_t y = 0; y < window.height; ++y) {
    const auto* row = dense.data_ptr<uint8_t>() + nearest(window.top + y, mask.size(0), height) * mask.size(1);
    for (const int64_t x : columns) *write++ = row[x];
  }
  return out;
}

}  // namespace multipole
