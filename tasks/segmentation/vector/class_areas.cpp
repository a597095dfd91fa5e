#include "tasks/segmentation/vector/class_areas.h"

namespace multipole {

void ClassAreas::begin(int64_t, int64_t) {
  pixels_ = {};
  weighted_ = {};
}

void ClassAreas::write(const MapBand& band) {
  const torch::Tensor classes = band.classes.contiguous();
  const torch::Tensor validity = band.validity.defined() ? band.validity.contiguous() : torch::Tensor();
  const int64_t width = classes.size(1);
  for (int64_t y = 0; y < classes.size(0); ++y) {
    const auto* const labels = classes.const_data_ptr<uint8_t>() + y * width;
    std::array<int64_t, 256> counts = {};
    if (validity.defined()) {
      const auto* const valid = validity.const_data_ptr<bool>() + y * width;
      for (int64_t x = 0; x < width; ++x) counts[labels[x]] += valid[x];
    } else {
      for (int64_t x = 0; x < width; ++x) ++counts[labels[x]];
    }
    const double area = georeference_ ? georeference_->pixel_area(band.first_row + y).value_or(0) : 0;
    for (size_t label = 0; label < counts.size(); ++label) {
      pixels_[label] += counts[label];
      weighted_[label] += static_cast<double>(counts[label]) * area;
    }
  }
}

std::optional<double> ClassAreas::square_metres(size_t label) const {
  const auto area = georeference_ ? georeference_->pixel_area(0) : std::nullopt;
  if (!area) return std::nullopt;
  // where all pixels are alike no rounding adds up
  return georeference_->geographic ? weighted_.at(label) : static_cast<double>(pixels_.at(label)) * *area;
}

}  // namespace multipole
