#include "datasets/pictures/preprocessing.h"

#include "datasets/pictures/center_crop.h"

namespace multipole {

void Preprocessing::validate(const std::string& where) const {
  require(image_size >= 1 && image_size <= 16384, where + ".image_size", "must be from 1 to 16384", image_size);
  require(crop_pct > 0.01 && crop_pct <= 1.0, where + ".crop_pct", "must be above 0.01 and at most 1", crop_pct);
  interpolation_from_name(interpolation, where + ".interpolation");
  require(fit == "crop" || fit == "squash", where + ".fit", "must be crop or squash", fit);
  require(crop_rounding == "even" || crop_rounding == "down", where + ".crop_rounding", "must be even or down",
          crop_rounding);
  const auto count = static_cast<size_t>(channels());
  const std::string numbers = bands.any() ? "must be a number for each chosen band" : "must be three numbers";
  require(mean.size() == count, where + ".mean", numbers, mean);
  require(std.size() == count, where + ".std", numbers, std);
  for (const double value : std) require(value > 0.0, where + ".std", "must be positive", std);
}

DecodeOptions reading_for(const Preprocessing& preprocessing, DecodeOptions options) {
  const std::vector<int64_t> asked = options.bands.chosen;
  if (asked.empty() || preprocessing.bands.any()) options.bands = preprocessing.bands;
  if (asked.empty()) return options;
  const auto channels = static_cast<size_t>(preprocessing.channels());
  if (asked.size() != channels) {
    throw ConfigError("--bands names " + std::to_string(asked.size()) + " of a raster's bands, and the model sees " +
                      std::to_string(channels) + ": name as many, in the order of its training");
  }
  options.bands.chosen = asked;
  options.bands.count = 0;
  // a model of RGB pictures sees bytes as they are
  if (!preprocessing.bands.any()) options.bands.type = "uint8";
  return options;
}

Normalizer::Normalizer(const Preprocessing& preprocessing) : channels_(preprocessing.channels()) {
  preprocessing.validate("preprocessing");
  for (int value = 0; value < 256; ++value) {
    for (size_t c = 0; c < static_cast<size_t>(channels_); ++c) {
      table_.push_back(static_cast<float>((value / 255.0 - preprocessing.mean[c]) / preprocessing.std[c]));
    }
  }
}

void Normalizer::write(const torch::Tensor& image, float* out) const {
  TORCH_CHECK(image.dim() == 3 && image.size(2) == channels_ && image.scalar_type() == torch::kUInt8,
              "normalise: expected (H, W, ", channels_, ") uint8, got ", image.sizes(), " ", image.scalar_type());
  const torch::Tensor pixels = image.contiguous();
  const auto* const bytes = pixels.data_ptr<uint8_t>();
  if (channels_ == 3) {
    for (int64_t i = 0; i < pixels.numel(); i += 3) {
      for (int c = 0; c < 3; ++c) out[i + c] = table_[bytes[i + c] * 3 + c];
    }
    return;
  }
  for (int64_t i = 0; i < pixels.numel(); i += channels_) {
    for (int64_t c = 0; c < channels_; ++c) out[i + c] = table_[bytes[i + c] * channels_ + c];
  }
}

torch::Tensor Normalizer::operator()(const torch::Tensor& image) const {
  torch::Tensor out = torch::empty(image.sizes(), torch::kFloat);
  write(image, out.data_ptr<float>());
  return out.permute({2, 0, 1});
}

torch::Tensor resize_center_crop(const torch::Tensor& image, const Preprocessing& preprocessing) {
  const CenterCrop crop = center_crop(image.size(0), image.size(1), preprocessing);
  return resize_crop(image, crop.height, crop.width, crop.window, crop.interpolation);
}

torch::Tensor preprocess(const torch::Tensor& image, const Preprocessing& preprocessing) {
  return Normalizer(preprocessing)(resize_center_crop(image, preprocessing));
}

}  // namespace multipole
