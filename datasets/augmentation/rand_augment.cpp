#include "datasets/augmentation/rand_augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "datasets/augmentation/color_ops.h"
#include "datasets/augmentation/ranges.h"

namespace multipole {

namespace {

// What an operation gets: strength 0 to 1, direction +1 or -1.
struct Strength {
  double amount;
  double sign;
  double signed_amount() const { return amount * sign; }
};

struct Operation {
  const char* name;
  void (*apply)(torch::Tensor& image, const Strength& strength, const FillColor& fill);
};

// The factor of ImageEnhance's operations, 1 +- 0.9 at full strength.
double enhance_factor(const Strength& strength) { return 1.0 + 0.9 * strength.signed_amount(); }

AffineMap rotation(double degrees) {
  const double angle = degrees * std::numbers::pi / 180.0;
  return {.xx = std::cos(angle), .xy = -std::sin(angle), .yx = std::sin(angle), .yy = std::cos(angle)};
}

constexpr double kMaxDegrees = 30.0, kMaxShear = 0.3, kMaxTranslation = 0.45, kMaxSolarizeAdd = 110.0;

const Operation kOperations[] = {
    {"auto_contrast", [](torch::Tensor& image, const Strength&, const FillColor&) { auto_contrast(image); }},
    {"equalize", [](torch::Tensor& image, const Strength&, const FillColor&) { equalize(image); }},
    {"invert", [](torch::Tensor& image, const Strength&, const FillColor&) { invert(image); }},
    {"rotate",
     [](torch::Tensor& image, const Strength& s, const FillColor& fill) {
       image = warp_affine(image, rotation(kMaxDegrees * s.signed_amount()), fill);
     }},
    {"posterize", [](torch::Tensor& image, const Strength& s,
                     const FillColor&) { posterize(image, 4 - static_cast<int>(s.amount * 4.0)); }},
    {"solarize", [](torch::Tensor& image, const Strength& s,
                    const FillColor&) { solarize(image, 256 - static_cast<int>(s.amount * 256.0)); }},
    {"solarize_add", [](torch::Tensor& image, const Strength& s,
                        const FillColor&) { solarize_add(image, static_cast<int>(s.amount * kMaxSolarizeAdd)); }},
    {"saturation",
     [](torch::Tensor& image, const Strength& s, const FillColor&) { adjust_saturation(image, enhance_factor(s)); }},
    {"contrast",
     [](torch::Tensor& image, const Strength& s, const FillColor&) { adjust_contrast(image, enhance_factor(s)); }},
    {"brightness",
     [](torch::Tensor& image, const Strength& s, const FillColor&) { adjust_brightness(image, enhance_factor(s)); }},
    {"sharpness",
     [](torch::Tensor& image, const Strength& s, const FillColor&) { adjust_sharpness(image, enhance_factor(s)); }},
    {"shear_x", [](torch::Tensor& image, const Strength& s,
                   const FillColor& fill) { image = warp_affine(image, {.xy = kMaxShear * s.signed_amount()}, fill); }},
    {"shear_y", [](torch::Tensor& image, const Strength& s,
                   const FillColor& fill) { image = warp_affine(image, {.yx = kMaxShear * s.signed_amount()}, fill); }},
    {"translate_x",
     [](torch::Tensor& image, const Strength& s, const FillColor& fill) {
       const auto width = static_cast<double>(image.size(1));
       image = warp_affine(image, {.dx = kMaxTranslation * s.signed_amount() * width}, fill);
     }},
    {"translate_y",
     [](torch::Tensor& image, const Strength& s, const FillColor& fill) {
       const auto height = static_cast<double>(image.size(0));
       image = warp_affine(image, {.dy = kMaxTranslation * s.signed_amount() * height}, fill);
     }},
};

Strength make_strength(double magnitude, bool negative) {
  return {std::clamp(magnitude, 0.0, 10.0) / 10.0, negative ? -1.0 : 1.0};
}

}  // namespace

void RandAugmentConfig::validate(const std::string& where) const {
  require(num_ops >= 0 && num_ops <= 16, where + ".num_ops", "must be from 0 to 16", num_ops);
  require(magnitude >= 0.0 && magnitude <= 10.0, where + ".magnitude", "must be from 0 to 10", magnitude);
  require(magnitude_std >= 0.0, where + ".magnitude_std", "must not be negative", magnitude_std);
  require_probability(probability, where + ".probability");
}

std::vector<std::string> rand_augment_ops() {
  std::vector<std::string> names;
  for (const auto& operation : kOperations) names.emplace_back(operation.name);
  return names;
}

void apply_rand_augment_op(const std::string& name, torch::Tensor& image, double magnitude, bool negative,
                           const FillColor& fill) {
  for (const auto& operation : kOperations) {
    if (operation.name == name) return operation.apply(image, make_strength(magnitude, negative), fill);
  }
  throw std::invalid_argument("no such operation: " + name);
}

void rand_augment(torch::Tensor& image, const RandAugmentConfig& config, const FillColor& fill, SampleRandom& random) {
  for (int64_t i = 0; i < config.num_ops; ++i) {
    const auto& operation = kOperations[random.below(std::size(kOperations))];
    const double magnitude = config.magnitude + config.magnitude_std * random.normal();
    const bool negative = random.chance(0.5);
    if (random.chance(config.probability)) operation.apply(image, make_strength(magnitude, negative), fill);
  }
}

}  // namespace multipole
