#include "datasets/pictures/resize_passes.h"

#include <algorithm>

#include "datasets/pictures/rgb_rows_avx2.h"

namespace multipole {
namespace {

// Fewer weights than this an output and splitting a row into channels costs more than it gains.
constexpr int64_t kMinTaps = 4;

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

template <int kChannels>
std::vector<uint8_t> resize_rows_one_by_one(const uint8_t* source, int64_t stride, int64_t rows, int64_t channels,
                                            const AxisWeights& axis) {
  const auto width = static_cast<int64_t>(axis.begin.size());
  std::vector<uint8_t> out(rows * width * channels);
  uint8_t* write = out.data();
  for (int64_t y = 0; y < rows; ++y) {
    const uint8_t* row = source + y * stride;
    for (int64_t x = 0; x < width; ++x, write += channels) {
      add_taps<kChannels>(row + axis.begin[x] * channels, axis.weight.data() + x * axis.taps, axis.number[x], channels,
                          write);
    }
  }
  return out;
}

}  // namespace

std::vector<uint8_t> resize_rows(const uint8_t* source, int64_t stride, int64_t rows, int64_t width, int64_t channels,
                                 const AxisWeights& axis) {
  if (channels != 3) return resize_rows_one_by_one<0>(source, stride, rows, channels, axis);
  if (axis.taps < kMinTaps || !has_avx2()) return resize_rows_one_by_one<3>(source, stride, rows, channels, axis);
  return resize_rgb_rows_avx2(source, stride, rows, width, axis);
}

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

}  // namespace multipole
