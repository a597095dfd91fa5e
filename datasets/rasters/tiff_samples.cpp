#include "datasets/rasters/tiff_samples.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>

#include "datasets/codecs/codec.h"

namespace multipole {
namespace {

using codecs::CodecError;

constexpr int64_t kMostRowBytes = int64_t{1} << 27, kMostTileRowBytes = int64_t{1} << 30;

void check_size(int64_t bytes, int64_t most, const char* what) {
  if (bytes > most) {
    throw CodecError(std::string(what) + " would take more than " + std::to_string(most >> 20) + " MiB");
  }
}

std::string tile_place(int64_t row, int64_t column) {
  return " in the tile at row " + std::to_string(row) + ", column " + std::to_string(column);
}

}  // namespace

// What lies side by side in the file: all bands, or one of them.
class TiffSamples::Plane {
 public:
  Plane(const codecs::ByteSource& source, uint32_t page, uint16_t sample, std::vector<int64_t> kept)
      : reader_(source), sample_(sample), kept_(std::move(kept)) {
    reader_.go_to(page);
    layout_ = layout_of(reader_);
    std::vector<int64_t> all(static_cast<size_t>(layout_.interleaved()));
    std::iota(all.begin(), all.end(), 0);
    keeps_all_ = kept_ == all;
    pixel_bytes_ = static_cast<int64_t>(kept_.size()) * bytes_of(layout_.type);
    row_bytes_ = layout_.width * pixel_bytes_;
    const int64_t rows = layout_.tiled ? layout_.tile_height : 1;
    check_size(std::max(row_bytes_, layout_.row_bytes(layout_.width)), kMostRowBytes, "a row of its pixels");
    check_size(row_bytes_ * rows, kMostTileRowBytes, "a row of its tiles");
    if (layout_.tiled) check_size(layout_.row_bytes(layout_.tile_width), kMostTileRowBytes, "a row of a tile");
    const int64_t chunk =
        layout_.tiled ? layout_.tile_height * layout_.row_bytes(layout_.tile_width) : layout_.row_bytes(layout_.width);
    check_size(chunk, kMostTileRowBytes, "a tile");
    const auto stored = layout_.tiled ? TIFFTileSize(reader_.get()) : TIFFScanlineSize(reader_.get());
    if (stored != static_cast<tmsize_t>(chunk)) throw CodecError("a corrupt size of TIFF rows or tiles");
    chunk_.resize(static_cast<size_t>(chunk));
    if (!layout_.tiled) rows_.resize(static_cast<size_t>(row_bytes_));
    present_.resize(static_cast<size_t>(layout_.width), 1);
  }

  // The kept samples of the row from column `left` on; no others of it need be read.
  const uint8_t* row(int64_t y, int64_t left, int64_t width) {
    if (!layout_.tiled) {
      read_strip_row(y);
      return rows_.data() + left * pixel_bytes_;
    }
    const int64_t inside = y % layout_.tile_height, top = y - inside;
    const bool is_there = top == tiles_top_ && left >= tiles_left_ && left + width <= tiles_right_;
    if (!is_there) read_tiles(top, left, left + width);
    return rows_.data() + (inside * (tiles_right_ - tiles_left_) + left - tiles_left_) * pixel_bytes_;
  }
  // Whether the file holds the pixel of the row last read, and does not leave its tile or strip out.
  bool is_present(int64_t x) const { return present_[static_cast<size_t>(x)] != 0; }

 private:
  bool is_left_out(uint32_t chunk) const { return TIFFGetStrileByteCount(reader_.get(), chunk) == 0; }

  void read_strip_row(int64_t y) {
    const auto row = static_cast<uint32_t>(y);
    if (is_left_out(TIFFComputeStrip(reader_.get(), row, sample_))) {
      std::fill(present_.begin(), present_.end(), 0);
      return;
    }
    std::fill(present_.begin(), present_.end(), 1);
    // within a strip most codecs know the way forward alone
    int64_t next = y == strip_row_ ? y : y - y % layout_.strip_rows;
    strip_row_ = -1;  // until the row is read
    for (; next <= y; ++next) {
      check(TIFFReadScanline(reader_.get(), chunk_.data(), static_cast<uint32_t>(next), sample_) == 1,
            " in row " + std::to_string(next));
    }
    strip_row_ = next;
    keep(chunk_.data(), layout_.width, rows_.data());
  }

  void read_tiles(int64_t top, int64_t left, int64_t right) {
    const int64_t rows = std::min(layout_.tile_height, layout_.height - top);
    tiles_top_ = -1;  // until all are read
    tiles_left_ = left / layout_.tile_width * layout_.tile_width;
    tiles_right_ = right;
    rows_.resize(static_cast<size_t>(rows * (right - tiles_left_) * pixel_bytes_));
    for (int64_t x = tiles_left_; x < right; x += layout_.tile_width) {
      const int64_t width = std::min(layout_.tile_width, right - x);
      const auto column = static_cast<uint32_t>(x), row = static_cast<uint32_t>(top);
      const bool there = !is_left_out(TIFFComputeTile(reader_.get(), column, row, 0, sample_));
      std::fill_n(present_.begin() + x, width, there ? 1 : 0);
      if (!there) continue;
      check(TIFFReadTile(reader_.get(), chunk_.data(), column, row, 0, sample_) >= 0, tile_place(top, x));
      for (int64_t y = 0; y < rows; ++y) {
        keep(chunk_.data() + y * layout_.row_bytes(layout_.tile_width), width,
             rows_.data() + (y * (right - tiles_left_) + x - tiles_left_) * pixel_bytes_);
      }
    }
    tiles_top_ = top;
  }

  void check(bool ok, const std::string& place) const {
    try {
      reader_.check(ok, "truncated or corrupt TIFF data");
    } catch (const CodecError& error) {
      throw CodecError(error.what() + place);
    }
  }

  // The kept samples of `count` pixels.
  void keep(const uint8_t* stored, int64_t count, uint8_t* out) const {
    const auto size = static_cast<size_t>(bytes_of(layout_.type));
    const int64_t step = layout_.interleaved();
    if (layout_.one_bit) {
      for (int64_t i = 0; i < count; ++i) {
        for (const int64_t place : kept_) {
          const int64_t bit = i * step + place;
          *out++ = stored[bit / 8] >> (7 - bit % 8) & 1;
        }
      }
      return;
    }
    if (keeps_all_) {
      std::memcpy(out, stored, static_cast<size_t>(count * step) * size);
      return;
    }
    for (int64_t i = 0; i < count; ++i, stored += static_cast<size_t>(step) * size) {
      for (const int64_t place : kept_) {
        std::memcpy(out, stored + static_cast<size_t>(place) * size, size);
        out += size;
      }
    }
  }

  codecs::TiffReader reader_;
  uint16_t sample_;
  std::vector<int64_t> kept_;  // places within a pixel of the plane
  bool keeps_all_ = false;     // in their order
  TiffLayout layout_;
  int64_t pixel_bytes_ = 0, row_bytes_ = 0;                    // of kept samples
  int64_t tiles_top_ = -1, tiles_left_ = 0, tiles_right_ = 0;  // of those in rows_
  int64_t strip_row_ = -1;                                     // that libtiff reads next
  std::vector<uint8_t> chunk_;                                 // a tile, or a row of a strip, as libtiff gives it
  std::vector<uint8_t> rows_;  // kept samples of the tiles that were read last, or of one row
  std::vector<uint8_t> present_;
};

TiffSamples::TiffSamples(const codecs::ByteSource& source, uint32_t page, std::vector<int64_t> bands, double sparse)
    : bands_(std::move(bands)), sparse_(sparse) {
  {
    const codecs::TiffReader reader(source);
    reader.go_to(page);
    layout_ = layout_of(reader);
  }
  width_ = layout_.width;
  if (!layout_.separate) {
    planes_.push_back(std::make_unique<Plane>(source, page, uint16_t{0}, bands_));
    return;
  }
  for (const int64_t band : bands_) {
    planes_.push_back(std::make_unique<Plane>(source, page, static_cast<uint16_t>(band), std::vector<int64_t>{0}));
  }
}

TiffSamples::~TiffSamples() = default;

void TiffSamples::go_to(const CropBox& part) {
  next_row_ = part.top;
  left_ = part.left;
  width_ = part.width;
}

void TiffSamples::read(int64_t count, double* numbers) {
  const auto channels = static_cast<int64_t>(bands_.size());
  const int64_t together = channels / static_cast<int64_t>(planes_.size());
  for (int64_t y = 0; y < count; ++y, ++next_row_, numbers += width_ * channels) {
    for (size_t p = 0; p < planes_.size(); ++p) {
      const uint8_t* const row = planes_[p]->row(next_row_, left_, width_);
      double* const first = numbers + p;
      const int64_t stride = together == 1 ? channels : 1;
      samples_to_numbers(row, layout_.type, width_ * together, first, stride);
      for (int64_t x = 0; x < width_; ++x) {
        if (planes_[p]->is_present(left_ + x)) continue;
        for (int64_t c = 0; c < together; ++c) first[(x * together + c) * stride] = sparse_;
      }
    }
  }
}

}  // namespace multipole
