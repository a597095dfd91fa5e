#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/read_file.h"
#include "datasets/codecs/row_decoder.h"
#include "datasets/pictures/band_rows.h"
#include "datasets/pictures/picture_rows.h"
#include "datasets/rasters/gdal_raster.h"
#include "datasets/rasters/raster.h"

namespace multipole {
namespace {

class StreamedRows : public PictureRows {
 public:
  StreamedRows(std::string name, std::unique_ptr<codecs::FileSource> source,
               std::unique_ptr<codecs::RowDecoder> decoder)
      : name_(std::move(name)),
        source_(std::move(source)),
        decoder_(std::move(decoder)),
        read_width_(decoder_->header().width) {}

  int64_t height() const override { return decoder_->header().height; }
  int64_t width() const override { return decoder_->header().width; }
  torch::Tensor read(int64_t count) override {
    torch::Tensor rows = torch::empty({count, read_width_, 3}, torch::kUInt8);
    try {
      decoder_->read(count, rows.data_ptr<uint8_t>());
    } catch (const codecs::CodecError& error) {
      throw InputError("cannot read " + name_ + ": " + error.what());
    }
    return rows;
  }
  bool go_to(const CropBox& part) override {
    read_width_ = part.width;
    return decoder_->go_to(part);
  }
  std::vector<std::string> notes() const override { return decoder_->header().notes; }

 private:
  std::string name_;
  std::unique_ptr<codecs::FileSource> source_;
  std::unique_ptr<codecs::RowDecoder> decoder_;
  int64_t read_width_;
};

// The decoder for what the file begins with; null where it has none that streams.
std::unique_ptr<codecs::RowDecoder> open_decoder(const codecs::ByteSource& source, const DecodeOptions& options) {
  std::array<char, 4> magic = {};
  source.read(0, magic.data(), magic.size());
  const auto begins = [&](std::string_view text) { return std::equal(text.begin(), text.end(), magic.begin()); };
  std::unique_ptr<codecs::RowDecoder> decoder;
  if (begins("\xff\xd8\xff")) decoder = codecs::open_jpeg_rows(source, options);
  if (begins("\x89PNG")) decoder = codecs::open_png_rows(source, options);
  if (begins("II") || begins("MM")) decoder = codecs::open_tiff_rows(source, options);
  const bool streams = decoder != nullptr && decoder->header().streams && decoder->header().orientation == 1;
  return streams ? std::move(decoder) : nullptr;
}

std::unique_ptr<PictureRows> open_rgb_rows(const std::filesystem::path& path, const DecodeOptions& options) {
  auto source = std::make_unique<codecs::FileSource>(path);
  std::unique_ptr<codecs::RowDecoder> decoder;
  try {
    decoder = open_decoder(*source, options);
  } catch (const codecs::CodecError& error) {
    throw InputError("cannot read " + path.string() + ": " + error.what());
  }
  if (decoder != nullptr) return std::make_unique<StreamedRows>(path.string(), std::move(source), std::move(decoder));
  auto decoded = with_gdal_advice(
      path, [&] { return decode_image_with_notes(read_file(path, options.max_file_bytes), path.string(), options); });
  return rows_of(std::move(decoded.pixels), std::move(decoded.notes));
}

RasterOpener opener_of(const std::filesystem::path& path, const DecodeOptions& options) {
  return [&path, &options](const std::vector<int64_t>& bands) { return open_raster(path, bands, options); };
}

// What GDAL alone reads, as RGB.
std::unique_ptr<PictureRows> open_gdal_rows(const std::filesystem::path& path, const DecodeOptions& options) {
  const RasterHeader header = open_raster(path, {}, options)->header();
  if (header.type != SampleType::kUInt8 || (header.bands != 1 && header.bands < 3)) {
    throw InputError("cannot read " + path.string() + ": " + header.description() +
                     " are no RGB picture; --bands takes them for a model that was trained on such bands");
  }
  BandScaling rgb;
  rgb.chosen = header.bands == 1 ? std::vector<int64_t>{1, 1, 1} : std::vector<int64_t>{1, 2, 3};
  return band_rows(opener_of(path, options), rgb, path.string());
}

}  // namespace

std::unique_ptr<PictureRows> open_picture_rows(const std::filesystem::path& path, const DecodeOptions& options) {
  if (options.bands.any()) {
    return band_rows(opener_of(path, options), options.bands, path.string());
  }
  if (needs_gdal(path)) return open_gdal_rows(path, options);
  auto rows = open_rgb_rows(path, options);
  auto raster = open_validity(path, options);
  return raster == nullptr ? std::move(rows) : rows_with_validity(std::move(rows), std::move(raster));
}

}  // namespace multipole
