// Streaming TIFF: one row of strips or of tiles at a time, through libtiff's RGBA reader of single strips and tiles.
#include <algorithm>
#include <utility>
#include <vector>

#include "datasets/codecs/pixels.h"
#include "datasets/codecs/row_decoder.h"
#include "datasets/codecs/tiff_bands.h"
#include "datasets/codecs/tiff_pages.h"
#include "datasets/codecs/tiff_pixels.h"
#include "datasets/codecs/tiff_reader.h"

namespace multipole::codecs {

namespace {

constexpr int64_t kMaxRowOfChunksBytes = int64_t{256} << 20;  // of a row of strips or tiles as RGBA

class TiffRows : public RowDecoder {
 public:
  TiffRows(const ByteSource& source, const DecodeOptions& options) : reader_(source) {
    const TiffPages pages = find_pages(reader_, source);
    reader_.go_to(pages.picture);
    header_.width = reader_.field<uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
    header_.height = reader_.field<uint32_t>(TIFFTAG_IMAGELENGTH, 0);
    check_dimensions(header_.width, header_.height, options.max_streamed_pixels);
    width_ = header_.width;
    header_.orientation = reader_.field<uint16_t>(TIFFTAG_ORIENTATION, 1);
    bands_ = settle_bands(reader_);
    header_.notes = bands_.notes;
    if (pages.has_more) header_.notes.emplace_back("first page of several");
    tiled_ = TIFFIsTiled(reader_.get()) != 0;
    if (tiled_) {
      tile_width_ = reader_.field<uint32_t>(TIFFTAG_TILEWIDTH, 0);
      chunk_rows_ = reader_.field<uint32_t>(TIFFTAG_TILELENGTH, 0);
      reader_.prepare_rgba_tiles();
    } else {
      chunk_rows_ = std::min<int64_t>(header_.height, reader_.field<uint32_t>(TIFFTAG_ROWSPERSTRIP, UINT32_MAX));
    }
  }

  // Whole numbers, upright, and in pieces that are small.
  bool can_stream() const {
    const int format = reader_.field<uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    const bool integers = format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID;
    const bool sane_tiles = !tiled_ || (tile_width_ >= 1 && tile_width_ * chunk_rows_ <= kMaxRowOfChunksBytes / 4);
    return integers && header_.orientation == ORIENTATION_TOPLEFT && chunk_rows_ >= 1 && sane_tiles &&
           chunk_rows_ < header_.height && chunk_rows_ * header_.width <= kMaxRowOfChunksBytes / 4;
  }

  void read(int64_t count, uint8_t* rgb) override {
    while (count > 0) {
      if (chunk_next_ == chunk_end_) {
        read_chunk();
        chunk_next_ += std::exchange(skipped_, 0);
      }
      const int64_t rows = std::min(count, chunk_end_ - chunk_next_);
      const auto* first = chunk_.data() + (chunk_next_ - chunk_begin_) * width_ * 3;
      rgb = std::copy_n(first, rows * width_ * 3, rgb);
      chunk_next_ += rows;
      count -= rows;
    }
  }

  bool go_to(const CropBox& part) override {
    left_ = part.left;
    width_ = part.width;
    skipped_ = part.top % chunk_rows_;
    chunk_next_ = chunk_end_ = part.top - skipped_;
    return true;
  }

 private:
  // Decodes the chunk that begins at row chunk_end_. libtiff gives rasters bottom row first.
  void read_chunk() {
    chunk_begin_ = chunk_next_ = chunk_end_;
    const int64_t rows = std::min(chunk_rows_, header_.height - chunk_begin_);
    chunk_.resize(static_cast<size_t>(rows * width_ * 3));
    const int64_t raster_width = tiled_ ? tile_width_ : header_.width;
    // a tile's raster has all its rows, the missing ones at the far end of the raster; a strip's has only the real ones
    const int64_t raster_rows = tiled_ ? chunk_rows_ : rows;
    raster_.resize(static_cast<size_t>(raster_width * std::max(raster_rows, chunk_rows_)));
    for (int64_t x = left_ / raster_width * raster_width; x < left_ + width_; x += raster_width) {
      const auto column = static_cast<uint32_t>(x), row = static_cast<uint32_t>(chunk_begin_);
      const int ok = tiled_ ? TIFFReadRGBATileExt(reader_.get(), column, row, raster_.data(), 1)
                            : TIFFReadRGBAStripExt(reader_.get(), row, raster_.data(), 1);
      reader_.check(ok == 1, "truncated or corrupt TIFF data");
      const int64_t first = std::max(x, left_), width = std::min(x + raster_width, left_ + width_) - first;
      for (int64_t y = 0; y < rows; ++y) {
        raster_over_white(raster_.data() + (raster_rows - 1 - y) * raster_width + first - x,
                          chunk_.data() + (y * width_ + first - left_) * 3, width, bands_.alpha);
      }
    }
    chunk_end_ = chunk_begin_ + rows;
  }

  TiffReader reader_;
  TiffBands bands_;
  bool tiled_ = false;
  int64_t tile_width_ = 0, chunk_rows_ = 0;
  int64_t chunk_begin_ = 0, chunk_end_ = 0, chunk_next_ = 0;  // rows of the picture in chunk_
  int64_t skipped_ = 0;                                       // rows of the next chunk before those that are wanted
  int64_t left_ = 0, width_ = 0;                              // of the columns that are wanted
  std::vector<uint8_t> chunk_;
  std::vector<uint32_t> raster_;
};

}  // namespace

std::unique_ptr<RowDecoder> open_tiff_rows(const ByteSource& source, const DecodeOptions& options) {
  auto rows = std::make_unique<TiffRows>(source, options);
  if (!rows->can_stream()) return nullptr;
  return rows;
}

}  // namespace multipole::codecs
