#include "apps/segment/overlay.h"

#include <algorithm>
#include <utility>

namespace multipole {
namespace {

constexpr int kQuality = 90;

}  // namespace

Overlay::Overlay(ImageSize size, std::vector<PaletteColor> palette, ByteSink sink) : palette_(std::move(palette)) {
  step_ = (std::max(size.height, size.width) + kMaxJpegSide - 1) / kMaxJpegSide;
  width_ = (size.width + step_ - 1) / step_;
  writer_ = std::make_unique<JpegWriter>((size.height + step_ - 1) / step_, width_, kQuality, std::move(sink));
}

void Overlay::write(const MapBand& band) {
  torch::Tensor row = torch::empty({1, width_, 3}, torch::kUInt8);
  auto* const out = row.data_ptr<uint8_t>();
  for (int64_t y = (step_ - band.first_row % step_) % step_; y < band.classes.size(0); y += step_) {
    const auto* const ids = band.classes.data_ptr<uint8_t>() + y * band.classes.stride(0);
    const auto* const pixels = band.pixels.data_ptr<uint8_t>() + y * band.pixels.stride(0);
    for (int64_t x = 0; x < width_; ++x) {
      const PaletteColor& color = palette_[ids[x * step_]];
      for (int64_t c = 0; c < 3; ++c) {
        out[x * 3 + c] = static_cast<uint8_t>((pixels[x * step_ * 3 + c] + color[static_cast<size_t>(c)] + 1) / 2);
      }
    }
    writer_->write(row);
  }
}

void Overlay::finish() { writer_->finish(); }

}  // namespace multipole
