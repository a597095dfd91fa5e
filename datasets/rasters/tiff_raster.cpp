#include "datasets/rasters/tiff_raster.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "datasets/codecs/codec.h"
#include "datasets/codecs/pixels.h"
#include "datasets/rasters/chosen_bands.h"
#include "datasets/rasters/validity.h"

namespace multipole {

using codecs::CodecError;

TiffRaster::TiffRaster(std::unique_ptr<codecs::ByteSource> source, std::string name, const std::vector<int64_t>& bands,
                       const DecodeOptions& options)
    : source_(std::move(source)), name_(std::move(name)) {
  const codecs::TiffReader reader(*source_);
  const auto pages = find_pages(reader, *source_);
  reader.go_to(pages.picture);
  const TiffLayout layout = layout_of(reader);
  codecs::check_dimensions(layout.width, layout.height, options.max_streamed_pixels);
  const auto alpha = alpha_place(reader, layout.samples);
  std::string unknown;
  header_ = {layout.height, layout.width, layout.samples - (alpha ? 1 : 0), layout.type,
             nodata_number(reader, unknown)};
  width_ = header_.width;
  if (!unknown.empty()) notes_.push_back("its number for no data, '" + unknown + "', is none");
  if (pages.has_more) notes_.emplace_back("first page of several");

  auto places = places_of(bands, layout.samples, alpha);
  channels_ = static_cast<int64_t>(places.size());
  alpha_ = alpha.has_value();
  if (alpha) places.push_back(*alpha);
  samples_ = std::make_unique<TiffSamples>(*source_, pages.picture, std::move(places), header_.nodata.value_or(0));
  open_mask(pages);
}

void TiffRaster::open_mask(const codecs::TiffPages& pages) {
  if (!pages.mask) return;
  mask_ = std::make_unique<TiffSamples>(*source_, *pages.mask, std::vector<int64_t>{0});
}

bool TiffRaster::go_to(const CropBox& part) {
  samples_->go_to(part);
  if (mask_ != nullptr) mask_->go_to(part);
  width_ = part.width;
  return samples_->layout().is_in_small_pieces() && (mask_ == nullptr || mask_->layout().is_in_small_pieces());
}

RasterPart TiffRaster::read(int64_t count) {
  const int64_t width = width_, read = channels_ + (alpha_ ? 1 : 0);
  torch::Tensor numbers = torch::empty({count, width, read}, torch::kDouble);
  torch::Tensor mask;
  try {
    samples_->read(count, numbers.data_ptr<double>());
    if (mask_ != nullptr) {
      mask = torch::empty({count, width}, torch::kDouble);
      mask_->read(count, mask.data_ptr<double>());
    }
  } catch (const CodecError& error) {
    throw InputError("cannot read " + name_ + ": " + error.what());
  }
  RasterPart part;
  part.numbers = alpha_ ? numbers.narrow(2, 0, channels_).contiguous() : numbers;
  const torch::Tensor alpha = alpha_ ? numbers.select(2, channels_).contiguous() : torch::Tensor();
  const Validity found = validity_of(part.numbers, header_, {alpha, mask});
  part.valid = found.valid;
  met_no_number_ |= found.met_no_number;
  return part;
}

std::vector<std::string> TiffRaster::notes() const {
  auto notes = notes_;
  if (met_no_number_) notes.emplace_back(kNoNumberNote);
  return notes;
}

}  // namespace multipole
