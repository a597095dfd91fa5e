#include "tasks/segmentation/vector/vector_sink.h"

#include <cmath>
#include <utility>

#include "base/error.h"
#include "datasets/regions/simplify_ring.h"
#include "tasks/segmentation/vector/region_layer.h"

namespace multipole {

VectorSink::VectorSink(const std::filesystem::path& path, const std::vector<std::string>& classes,
                       const std::vector<PaletteColor>& palette, const VectorOptions& options,
                       const std::optional<Georeference>& georeference)
    : path_(path), classes_(classes), palette_(palette), options_(options), georeference_(georeference) {}

VectorSink::~VectorSink() = default;

void VectorSink::begin(int64_t height, int64_t width) {
  const auto middle_area = georeference_ ? georeference_->pixel_area(height / 2) : std::nullopt;
  if ((options_.least.on_ground || options_.simplify.on_ground) && !middle_area) {
    throw InputError("square metres need a raster with a georeference whose unit is known; give pixels instead");
  }
  uniform_area_ = georeference_ && !georeference_->geographic ? middle_area : std::nullopt;
  tolerance_ = options_.simplify.value;
  if (options_.simplify.on_ground) tolerance_ /= std::sqrt(*middle_area);
  num_regions_ = 0;
  file_.reset();  // before another of its name is begun
  file_ = std::make_unique<VectorFile>(path_, options_.format,
                                       make_region_layer(classes_, palette_, options_.coordinates, georeference_));
  tracer_ = std::make_unique<RegionTracer>(width, [this](Region region) { take(std::move(region)); });
}

void VectorSink::write(const MapBand& band) {
  const torch::Tensor classes = band.classes.contiguous();
  has_probability_ = band.probability.defined();
  const torch::Tensor probability = has_probability_ ? band.probability.contiguous() : torch::Tensor();
  const int64_t width = classes.size(1);
  for (int64_t y = 0; y < classes.size(0); ++y) {
    const double area = georeference_ ? georeference_->pixel_area(band.first_row + y).value_or(0) : 0;
    tracer_->add_row(classes.const_data_ptr<uint8_t>() + y * width,
                     has_probability_ ? probability.const_data_ptr<uint8_t>() + y * width : nullptr, area);
  }
}

std::optional<double> VectorSink::area_of(const Region& region) const {
  if (uniform_area_) return static_cast<double>(region.pixels) * *uniform_area_;
  return region.weight > 0 ? std::optional<double>(region.weight) : std::nullopt;
}

void VectorSink::take(Region region) {
  RegionFacts facts;
  facts.area_m2 = area_of(region);
  const double size = options_.least.on_ground ? *facts.area_m2 : static_cast<double>(region.pixels);
  if (size < options_.least.value) return;
  if (has_probability_) {
    const double mean = static_cast<double>(region.values) / (255.0 * static_cast<double>(region.pixels));
    facts.probability = std::round(mean * 1e4) / 1e4;
  }
  if (tolerance_ > 0) {
    for (auto& ring : region.rings) ring = simplified(ring, tolerance_);
  }
  file_->writer().write(region, facts);
  ++num_regions_;
}

void VectorSink::commit() {
  tracer_->finish();
  file_->commit();
}

}  // namespace multipole
