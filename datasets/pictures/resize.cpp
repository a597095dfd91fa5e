#include "datasets/pictures/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace multipole {

namespace {

constexpr int kWeightBits = 22;  // 8 bits of value and 2 of bicubic overshoot leave this many of 32

double bilinear(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

// Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -0.5.
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  return 0.0;
}

// For outputs first .. first + count - 1 of an axis resized from `in` to `out`: which inputs with which weights.
struct AxisWeights {
  int64_t taps = 0;             // room for weights of an output
  std::vector<int64_t> begin;   // (count) first input
  std::vector<int64_t> number;  // (count) inputs that weigh
  std::vector<int32_t> weight;  // (count, taps) fixed point
};

AxisWeights axis_weights(int64_t in, int64_t out, int64_t first, int64_t count, Interpolation interpolation) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double filter_scale = std::max(scale, 1.0);
  const double support = (interpolation == Interpolation::kBicubic ? 2.0 : 1.0) * filter_scale;
  AxisWeights axis;
  axis.taps = std::min(in, static_cast<int64_t>(std::ceil(support)) * 2 + 1);
  axis.weight.resize(count * axis.taps);
  std::vector<double> exact(axis.taps);
  for (int64_t i = 0; i < count; ++i) {
    const double center = (static_cast<double>(first + i) + 0.5) * scale;
    const int64_t begin = std::max<int64_t>(0, static_cast<int64_t>(center - support + 0.5));
    const int64_t end = std::min(in, static_cast<int64_t>(center + support + 0.5));
    double sum = 0.0;
    for (int64_t x = begin; x < end; ++x) {
      const double distance = (static_cast<double>(x) - center + 0.5) * (1.0 / filter_scale);
      exact[x - begin] = interpolation == Interpolation::kBicubic ? bicubic(distance) : bilinear(distance);
      sum += exact[x - begin];
    }
    for (int64_t k = 0; k < end - begin; ++k) {
      const double weight = (sum != 0.0 ? exact[k] / sum : exact[k]) * (1 << kWeightBits);
      axis.weight[i * axis.taps + k] = static_cast<int32_t>(weight < 0.0 ? weight - 0.5 : weight + 0.5);
    }
    axis.begin.push_back(begin);
    axis.number.push_back(end - begin);
  }
  return axis;
}

uint8_t to_byte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255)); }

constexpr int32_t kHalf = 1 << (kWeightBits - 1);

// The sums of one output pixel: kChannels of them, or of any number of channels where it is 0.
template <int kChannels>
void add_taps(const uint8_t* pixel, const int32_t* weight, int64_t taps, int64_t channels, uint8_t* out) {
  if constexpr (kChannels > 0) {
    int32_t sum[kChannels];
    std::fill_n(sum, kChannels, kHalf);
    for (int64_t k = 0; k < taps; ++k, pixel += kChannels) {
      for (int c = 0; c < kChannels; ++c) sum[c] += pixel[c] * weight[k];
    }
    for (int c = 0; c < kChannels; ++c) out[c] = to_byte(sum[c]);
  } else {
    for (int64_t c = 0; c < channels; ++c) {
      int32_t sum = kHalf;
      for (int64_t k = 0; k < taps; ++k) sum += pixel[k * channels + c] * weight[k];
      out[c] = to_byte(sum);
    }
  }
}

// Rows [first_row, first_row + rows) of `source`, resized along x.
template <int kChannels>
std::vector<uint8_t> resize_rows(const uint8_t* source, int64_t stride, int64_t first_row, int64_t rows,
                                 int64_t channels, const AxisWeights& axis) {
  const auto width = static_cast<int64_t>(axis.begin.size());
  std::vector<uint8_t> out(rows * width * channels);
  uint8_t* write = out.data();
  for (int64_t y = 0; y < rows; ++y) {
    const uint8_t* row = source + (first_row + y) * stride;
    for (int64_t x = 0; x < width; ++x, write += channels) {
      add_taps<kChannels>(row + axis.begin[x] * channels, axis.weight.data() + x * axis.taps, axis.number[x], channels,
                          write);
    }
  }
  return out;
}

// Resizes along y rows that begin at row `first_row` of the axis and lie `stride` bytes apart.
void resize_columns(const uint8_t* rows, int64_t stride, int64_t first_row, int64_t row_bytes, const AxisWeights& axis,
                    uint8_t* out) {
  std::vector<int32_t> sums(row_bytes);
  for (size_t y = 0; y < axis.begin.size(); ++y, out += row_bytes) {
    std::fill(sums.begin(), sums.end(), kHalf);
    for (int64_t k = 0; k < axis.number[y]; ++k) {
      const uint8_t* row = rows + (axis.begin[y] - first_row + k) * stride;
      const int32_t weight = axis.weight[y * axis.taps + k];
      for (int64_t i = 0; i < row_bytes; ++i) sums[i] += row[i] * weight;
    }
    std::transform(sums.begin(), sums.end(), out, to_byte);
  }
}

// The general case: cut `source` out, resize it to (height, width), keep `window`.
torch::Tensor resize_part(const torch::Tensor& image, const CropBox& source, int64_t height, int64_t width,
                          const CropBox& window, Interpolation interpolation) {
  TORCH_CHECK(image.dim() == 3 && image.scalar_type() == torch::kUInt8 && image.is_contiguous(),
              "resize: expected a contiguous (H, W, C) uint8 image, got ", image.sizes(), " ", image.scalar_type());
  TORCH_CHECK(height > 0 && width > 0 && source.height > 0 && source.width > 0, "resize: an empty size");
  const auto inside = [](const CropBox& box, int64_t rows, int64_t columns) {
    return box.top >= 0 && box.left >= 0 && box.top + box.height <= rows && box.left + box.width <= columns;
  };
  TORCH_CHECK(inside(source, image.size(0), image.size(1)) && inside(window, height, width),
              "resize: a box outside of its picture");
  const int64_t channels = image.size(2), stride = image.size(1) * channels;
  const uint8_t* pixels = image.data_ptr<uint8_t>() + source.top * stride + source.left * channels;
  torch::Tensor out = torch::empty({window.height, window.width, channels}, torch::kUInt8);
  auto* const write = out.data_ptr<uint8_t>();

  // an axis that keeps its size is only cut: a pass over it would change nothing
  const bool along_x = width != source.width, along_y = height != source.height;
  AxisWeights vertical;
  int64_t first_row = window.top, num_rows = window.height;
  if (along_y) {
    vertical = axis_weights(source.height, height, window.top, window.height, interpolation);
    first_row = vertical.begin.front();
    num_rows = vertical.begin.back() + vertical.number.back() - first_row;
  }
  std::vector<uint8_t> narrowed;
  const uint8_t* rows = pixels + first_row * stride + window.left * channels;
  int64_t rows_stride = stride;
  if (along_x) {
    const auto horizontal = axis_weights(source.width, width, window.left, window.width, interpolation);
    const auto along_rows = channels == 3 ? resize_rows<3> : resize_rows<0>;
    narrowed = along_rows(pixels, stride, first_row, num_rows, channels, horizontal);
    rows = narrowed.data();
    rows_stride = window.width * channels;
  }
  if (along_y) {
    resize_columns(rows, rows_stride, first_row, window.width * channels, vertical, write);
  } else {
    for (int64_t y = 0; y < window.height; ++y)
      std::copy_n(rows + y * rows_stride, window.width * channels, write + y * window.width * channels);
  }
  return out;
}

CropBox whole(int64_t height, int64_t width) { return {0, 0, height, width}; }

}  // namespace

Interpolation interpolation_from_name(const std::string& name, const std::string& where) {
  if (name == "bilinear") return Interpolation::kBilinear;
  if (name == "bicubic") return Interpolation::kBicubic;
  throw ConfigError(where + ": unknown interpolation '" + name + "'" + suggest_name(name, {"bilinear", "bicubic"}));
}

torch::Tensor resize(const torch::Tensor& image, int64_t height, int64_t width, Interpolation interpolation) {
  return resize_part(image, whole(image.size(0), image.size(1)), height, width, whole(height, width), interpolation);
}

torch::Tensor crop_resize(const torch::Tensor& image, const CropBox& source, int64_t height, int64_t width,
                          Interpolation interpolation) {
  return resize_part(image, source, height, width, whole(height, width), interpolation);
}

torch::Tensor resize_crop(const torch::Tensor& image, int64_t height, int64_t width, const CropBox& window,
                          Interpolation interpolation) {
  return resize_part(image, whole(image.size(0), image.size(1)), height, width, window, interpolation);
}

}  // namespace multipole
