#include "datasets/rasters/validity.h"

#include <cmath>

namespace multipole {

Validity validity_of(const torch::Tensor& numbers, const RasterHeader& header,
                     const std::vector<torch::Tensor>& covers) {
  Validity found;
  const int64_t rows = numbers.size(0), width = numbers.size(1), channels = numbers.size(2);
  torch::Tensor valid = torch::empty({rows, width}, torch::kBool);
  auto* const flags = valid.data_ptr<bool>();
  const auto* number = numbers.data_ptr<double>();
  const bool has_nodata = header.nodata.has_value() && !std::isnan(*header.nodata);
  const bool expects_nan = header.nodata.has_value() && std::isnan(*header.nodata);
  const double nodata = has_nodata ? as_stored(*header.nodata, header.type) : 0;
  bool all = true;
  for (int64_t i = 0; i < rows * width; ++i) {
    bool is_nodata = has_nodata, is_finite = true;
    for (int64_t c = 0; c < channels; ++c, ++number) {
      is_nodata = is_nodata && *number == nodata;
      is_finite = is_finite && std::isfinite(*number);
    }
    found.met_no_number |= !is_finite && !is_nodata && !expects_nan;
    bool holds = is_finite && !is_nodata;
    for (const auto& cover : covers) holds = holds && (!cover.defined() || cover.data_ptr<double>()[i] != 0);
    flags[i] = holds;
    all = all && holds;
  }
  if (!all) found.valid = valid;
  return found;
}

}  // namespace multipole
