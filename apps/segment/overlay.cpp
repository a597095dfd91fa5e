#include "apps/segment/overlay.h"

#include <algorithm>
#include <utility>

#include "apps/common/text.h"
#include "apps/segment/bitmap_font.h"

namespace multipole {
namespace {

constexpr int kQuality = 90;
constexpr int64_t kMaxScale = 16;
constexpr int64_t kPixelsPerScale = 480;   // of a picture's width for each step of the letters' size
constexpr int64_t kShareLength = 7;        // " 100.0%"
constexpr int64_t kLineHeight = 12;        // dots
constexpr int64_t kSwatch = 10, kGap = 4;  // dots

// Long names are cut: a legend must fit below its picture.
std::string legend_name(const std::string& name) {
  constexpr size_t kLongest = 40;
  return name.size() <= kLongest ? name : name.substr(0, kLongest - 3).append("...");
}

struct LegendLayout {
  int64_t scale, entry_width, columns, rows;

  LegendLayout(const std::vector<std::string>& classes, int64_t width)
      : scale(std::clamp<int64_t>(width / kPixelsPerScale, 1, kMaxScale)) {
    int64_t longest = 0;
    for (const auto& name : classes) longest = std::max(longest, text_length(legend_name(name)));
    entry_width = (kSwatch + 2 * kGap + (longest + kShareLength) * kGlyphWidth) * scale;
    columns = std::max<int64_t>(1, width / entry_width);
    rows = (static_cast<int64_t>(classes.size()) + columns - 1) / columns;
  }
  int64_t width() const { return columns * entry_width; }
  int64_t height() const { return (rows * kLineHeight + kGap) * scale; }
};

torch::Tensor color_tensor(const PaletteColor& color) {
  return torch::tensor({int64_t{color[0]}, int64_t{color[1]}, int64_t{color[2]}}).to(torch::kUInt8);
}

}  // namespace

torch::Tensor draw_legend(const std::vector<std::string>& classes, const std::vector<PaletteColor>& palette,
                          const std::vector<double>& shares, int64_t width) {
  const LegendLayout layout(classes, width);
  torch::Tensor image = torch::full({layout.height(), std::max(width, layout.width()), 3}, 255, torch::kUInt8);
  for (size_t i = 0; i < classes.size(); ++i) {
    const auto index = static_cast<int64_t>(i);
    const int64_t top = (index / layout.columns * kLineHeight + kGap / 2) * layout.scale;
    const int64_t left = index % layout.columns * layout.entry_width + kGap * layout.scale;
    const int64_t swatch = kSwatch * layout.scale;
    image.slice(0, top, top + swatch).slice(1, left, left + swatch).copy_(color_tensor(palette.at(i)));
    std::string text = legend_name(classes[i]);
    if (!shares.empty()) text.append(" ").append(fixed(shares.at(i) * 100, 1)).append("%");
    draw_text(image, text, top + layout.scale, left + swatch + kGap * layout.scale, layout.scale);
  }
  return image;
}

Overlay::Overlay(ImageSize size, std::vector<std::string> classes, std::vector<PaletteColor> palette, ByteSink sink)
    : classes_(std::move(classes)), palette_(std::move(palette)) {
  const auto kept = [this](int64_t extent) { return (extent + step_ - 1) / step_; };
  int64_t height = 0;
  for (;; ++step_) {
    width_ = kept(size.width);
    const LegendLayout layout(classes_, width_);
    canvas_ = std::max(width_, layout.width());
    height = kept(size.height) + layout.height();
    if (std::max(canvas_, height) <= kMaxJpegSide) break;
  }
  writer_ = std::make_unique<JpegWriter>(height, canvas_, kQuality, std::move(sink));
}

void Overlay::write(const MapBand& band) {
  torch::Tensor row = torch::full({1, canvas_, 3}, 255, torch::kUInt8);
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

void Overlay::finish(const std::vector<double>& shares) {
  writer_->write(draw_legend(classes_, palette_, shares, width_));
  writer_->finish();
}

}  // namespace multipole
