#include "datasets/augmentation/color_ops.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace multipole {

namespace {

using Table = std::array<uint8_t, 256>;

uint8_t to_byte(double value) { return static_cast<uint8_t>(std::clamp(std::lround(value), 0L, 255L)); }

// Rec. 601 luma in Pillow's 16-bit fixed point.
uint8_t luma(const uint8_t* rgb) {
  return static_cast<uint8_t>((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
}

template <class Function>
Table make_table(Function function) {
  Table table;
  for (int value = 0; value < 256; ++value) table[value] = function(value);
  return table;
}

void apply_table(torch::Tensor& image, const Table& table) {
  auto* const bytes = image.data_ptr<uint8_t>();
  std::transform(bytes, bytes + image.numel(), bytes, [&](uint8_t value) { return table[value]; });
}

// Counts of the values of one channel.
std::array<int64_t, 256> histogram(const torch::Tensor& image, int channel) {
  std::array<int64_t, 256> counts{};
  const auto* const bytes = image.data_ptr<uint8_t>();
  for (int64_t i = channel; i < image.numel(); i += 3) ++counts[bytes[i]];
  return counts;
}

void apply_channel_table(torch::Tensor& image, int channel, const Table& table) {
  auto* const bytes = image.data_ptr<uint8_t>();
  for (int64_t i = channel; i < image.numel(); i += 3) bytes[i] = table[bytes[i]];
}

// from + factor * (value - from), the blend of ImageEnhance
uint8_t blend(int from, int value, float factor) {
  const float mixed = static_cast<float>(from) + factor * static_cast<float>(value - from);
  return static_cast<uint8_t>(std::clamp(mixed + 0.5F, 0.0F, 255.0F));
}

}  // namespace

void adjust_brightness(torch::Tensor& image, double factor) {
  apply_table(image, make_table([factor](int value) { return blend(0, value, static_cast<float>(factor)); }));
}

void adjust_contrast(torch::Tensor& image, double factor) {
  const auto* const bytes = image.data_ptr<uint8_t>();
  int64_t sum = 0;
  for (int64_t i = 0; i < image.numel(); i += 3) sum += luma(bytes + i);
  const int mean = to_byte(3.0 * static_cast<double>(sum) / static_cast<double>(image.numel()));
  apply_table(image, make_table([=](int value) { return blend(mean, value, static_cast<float>(factor)); }));
}

void adjust_saturation(torch::Tensor& image, double factor) {
  auto* bytes = image.data_ptr<uint8_t>();
  for (int64_t i = 0; i < image.numel(); i += 3, bytes += 3) {
    const int gray = luma(bytes);
    for (int c = 0; c < 3; ++c) bytes[c] = blend(gray, bytes[c], static_cast<float>(factor));
  }
}

// Towards Pillow's SMOOTH filter: 3 x 3, centre 5 and neighbours 1, over 13; the border is left as it is.
void adjust_sharpness(torch::Tensor& image, double factor) {
  const int64_t height = image.size(0), width = image.size(1), stride = width * 3;
  const torch::Tensor before = image.clone();
  const auto* const source = before.data_ptr<uint8_t>();
  auto* const out = image.data_ptr<uint8_t>();
  for (int64_t y = 1; y + 1 < height; ++y) {
    for (int64_t i = 3; i < stride - 3; ++i) {
      const uint8_t* const center = source + y * stride + i;
      int sum = 4 * center[0];
      for (int64_t dy = -1; dy <= 1; ++dy) {
        const uint8_t* const row = center + dy * stride;
        sum += row[-3] + row[0] + row[3];
      }
      out[y * stride + i] = blend((sum + 6) / 13, center[0], static_cast<float>(factor));
    }
  }
}

void adjust_hue(torch::Tensor& image, double turn) {
  auto* bytes = image.data_ptr<uint8_t>();
  for (int64_t i = 0; i < image.numel(); i += 3, bytes += 3) {
    const auto red = static_cast<float>(bytes[0]), green = static_cast<float>(bytes[1]);
    const auto blue = static_cast<float>(bytes[2]);
    const float high = std::max({red, green, blue}), low = std::min({red, green, blue}), chroma = high - low;
    if (chroma == 0.0F) continue;
    // hue in sixths of the circle, as in the HSV hexcone
    float hue = high == red     ? (green - blue) / chroma
                : high == green ? (blue - red) / chroma + 2.0F
                                : (red - green) / chroma + 4.0F;
    hue += 6.0F * static_cast<float>(turn);
    const auto channel = [&](float offset) {
      float k = std::fmod(offset + hue, 6.0F);
      if (k < 0.0F) k += 6.0F;
      return to_byte(high - chroma * std::clamp(std::min(k, 4.0F - k), 0.0F, 1.0F));
    };
    bytes[0] = channel(5.0F);
    bytes[1] = channel(3.0F);
    bytes[2] = channel(1.0F);
  }
}

void auto_contrast(torch::Tensor& image) {
  for (int c = 0; c < 3; ++c) {
    const auto counts = histogram(image, c);
    int low = 0, high = 255;
    while (low < 255 && counts[low] == 0) ++low;
    while (high > 0 && counts[high] == 0) --high;
    if (high <= low) continue;
    const double scale = 255.0 / (high - low);
    apply_channel_table(image, c, make_table([=](int value) { return to_byte((value - low) * scale); }));
  }
}

void equalize(torch::Tensor& image) {
  for (int c = 0; c < 3; ++c) {
    const auto counts = histogram(image, c);
    const auto last = std::find_if(counts.rbegin(), counts.rend(), [](int64_t count) { return count > 0; });
    const int64_t step = (image.numel() / 3 - (last == counts.rend() ? 0 : *last)) / 255;
    if (step == 0) continue;  // one value only, or too few pixels to spread
    int64_t below = step / 2;
    Table table;
    for (int value = 0; value < 256; ++value) {
      table[value] = static_cast<uint8_t>(std::min<int64_t>(below / step, 255));
      below += counts[value];
    }
    apply_channel_table(image, c, table);
  }
}

void invert(torch::Tensor& image) { solarize(image, 0); }

void posterize(torch::Tensor& image, int bits) {
  const int mask = bits >= 8 ? 255 : 255 & ~((1 << (8 - std::max(bits, 0))) - 1);
  apply_table(image, make_table([mask](int value) { return static_cast<uint8_t>(value & mask); }));
}

void solarize(torch::Tensor& image, int threshold) {
  apply_table(image, make_table([threshold](int value) {
                return static_cast<uint8_t>(value < threshold ? value : 255 - value);
              }));
}

void solarize_add(torch::Tensor& image, int amount) {
  apply_table(image, make_table([amount](int value) {
                return static_cast<uint8_t>(value < 128 ? std::min(255, value + amount) : value);
              }));
}

}  // namespace multipole
