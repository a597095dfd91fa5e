#include "apps/segment/overlay.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "datasets/masks/labelled_picture.h"

namespace multipole {
namespace {

constexpr int kQuality = 90;

}  // namespace

Overlay::Overlay(ImageSize size, std::vector<PaletteColor> palette, ByteSink sink) : palette_(std::move(palette)) {
  step_ = (std::max(size.height, size.width) + kMaxJpegSide - 1) / kMaxJpegSide;
  writer_ = std::make_unique<JpegWriter>((size.height + step_ - 1) / step_, (size.width + step_ - 1) / step_, kQuality,
                                         std::move(sink));
}

void Overlay::write(const MapBand& band) {
  for (int64_t y = (step_ - band.first_row % step_) % step_; y < band.classes.size(0); y += step_) {
    const auto kept = [&](const torch::Tensor& rows) {
      return rows.narrow(0, y, 1).slice(1, 0, std::nullopt, step_).contiguous();
    };
    torch::Tensor pixels = kept(band.pixels);
    if (band.validity.defined()) pixels = pixels.masked_fill(kept(band.validity).logical_not().unsqueeze(-1), 0);
    writer_->write(labelled_picture(pixels, kept(band.classes), palette_));
  }
}

void Overlay::finish() { writer_->finish(); }

}  // namespace multipole
