#include "backbone/attention/mechanisms/global_filter.h"

#include <algorithm>
#include <cmath>

#include "backbone/layers/init.h"

namespace multipole {
namespace {

// One axis of a spectrum to be read at other frequencies.
struct Resampling {
  int64_t count;      // frequencies to make
  int64_t size;       // tokens of the axis they belong to
  int64_t grid;       // tokens of the axis that the spectrum belongs to
  bool is_full_axis;  // all frequencies, which wrap around, or the half of them that a real transform keeps
};

// Linear between neighbouring frequencies. The zero frequency, the mean, stays what it is.
torch::Tensor interpolate(const torch::Tensor& filter, int64_t axis, const Resampling& to) {
  std::vector<int64_t> low, high;
  std::vector<double> weight;
  const int64_t last = filter.size(axis) - 1;
  for (int64_t i = 0; i < to.count; ++i) {
    const double position = static_cast<double>(i * to.grid) / static_cast<double>(to.size);
    low.push_back(std::min(static_cast<int64_t>(position), last));
    high.push_back(to.is_full_axis ? (low.back() + 1) % (last + 1) : std::min(low.back() + 1, last));
    weight.push_back(position - std::floor(position));
  }
  const auto index = filter.options().dtype(torch::kInt64);
  std::vector<int64_t> sizes(static_cast<size_t>(filter.dim()), 1);
  sizes[static_cast<size_t>(axis)] = to.count;
  const auto share = torch::tensor(weight, torch::kFloat64).to(filter.options()).view(sizes);
  return torch::lerp(filter.index_select(axis, torch::tensor(low, index)),
                     filter.index_select(axis, torch::tensor(high, index)), share);
}

}  // namespace

GlobalFilter::GlobalFilter(const GlobalFilterConfig&, const AttentionShape& shape) : shape_(shape) {
  filter_ = register_parameter(
      "filter", trunc_normal_(torch::empty({shape.grid_size, shape.grid_size / 2 + 1, shape.embed_dim, 2})));
}

double GlobalFilter::count_parameters(const GlobalFilterConfig&, const AttentionShape& shape) {
  const auto grid = static_cast<double>(shape.grid_size);
  return grid * static_cast<double>(shape.grid_size / 2 + 1) * static_cast<double>(shape.embed_dim) * 2;
}

torch::Tensor GlobalFilter::forward(torch::Tensor x) {
  const int64_t height = x.size(1), width = x.size(2);
  // half types have no transform on the CPU
  const auto type = x.scalar_type(), wide_type = type == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  x = x.to(wide_type);
  auto spectrum = at::fft_rfft2(x, c10::nullopt, {1, 2}, "ortho");
  x.reset();  // each activation is let go of before the next takes memory
  spectrum = spectrum * torch::view_as_complex(filter_for(height, width).to(wide_type));
  const std::vector<int64_t> sizes = {height, width};
  return at::fft_irfft2(spectrum, at::OptionalIntArrayRef(sizes), {1, 2}, "ortho").to(type).contiguous();
}

// (height, width / 2 + 1, embed_dim, 2): the nominal filter read at the frequencies (cycles a token) of this grid.
torch::Tensor GlobalFilter::filter_for(int64_t height, int64_t width) const {
  const int64_t grid = shape_.grid_size;
  auto filter = filter_;
  if (height != grid) filter = interpolate(filter, 0, {height, height, grid, true});
  if (width != grid) filter = interpolate(filter, 1, {width / 2 + 1, width, grid, false});
  return filter.contiguous();
}

AttentionCost GlobalFilter::cost(int64_t height, int64_t width) const {
  const auto tokens = static_cast<double>(height * width), channels = static_cast<double>(shape_.embed_dim);
  const double frequencies = static_cast<double>(height * (width / 2 + 1));
  // a real transform of n points is about 2.5 n log2 n operations; one there, one back, a complex product between
  const double transform = 2.5 * tokens * std::log2(std::max(2.0, tokens));
  return {channels * (2 * transform + 6 * frequencies), 4 * channels * (2 * tokens + 6 * frequencies)};
}

}  // namespace multipole
