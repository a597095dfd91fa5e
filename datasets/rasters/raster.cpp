#include "datasets/rasters/raster.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/read_file.h"
#include "datasets/codecs/codec.h"
#include "datasets/rasters/chosen_bands.h"
#include "datasets/rasters/gdal_raster.h"
#include "datasets/rasters/tiff_raster.h"

namespace multipole {
namespace {

constexpr size_t kBeginning = 16;

std::vector<uint8_t> beginning_of(const codecs::ByteSource& source) {
  std::vector<uint8_t> bytes(kBeginning);
  bytes.resize(source.read(0, bytes.data(), bytes.size()));
  return bytes;
}

bool is_tiff(const std::vector<uint8_t>& beginning) {
  if (beginning.size() < 4) return false;
  const std::string_view text(reinterpret_cast<const char*>(beginning.data()), 2);
  return text == "II" || text == "MM";
}

// A picture of another format: three bands of bytes.
class PictureRaster : public Raster {
 public:
  PictureRaster(DecodedImage picture, const std::vector<int64_t>& bands) : picture_(std::move(picture)) {
    header_ = {picture_.pixels.size(0), picture_.pixels.size(1), 3, SampleType::kUInt8, {}};
    part_ = {0, 0, header_.height, header_.width};
    places_ = places_of(bands, 3, {});
  }

  const RasterHeader& header() const override { return header_; }
  RasterPart read(int64_t count) override {
    const auto rows = picture_.pixels.narrow(0, part_.top, count).narrow(1, part_.left, part_.width);
    part_.top += count;
    return {rows.index_select(2, torch::tensor(places_)).to(torch::kDouble).contiguous(), {}};
  }
  bool go_to(const CropBox& part) override {
    part_ = part;
    return false;
  }
  std::vector<std::string> notes() const override { return picture_.notes; }

 private:
  DecodedImage picture_;
  RasterHeader header_;
  std::vector<int64_t> places_;
  CropBox part_;  // what is left to read
};

std::vector<uint8_t> all_bytes(const codecs::ByteSource& source, const DecodeOptions& options) {
  const auto size = static_cast<int64_t>(source.size());
  if (size > options.max_file_bytes) throw codecs::CodecError("the file is larger than is read at once");
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  bytes.resize(source.read(0, bytes.data(), bytes.size()));
  return bytes;
}

}  // namespace

std::string RasterHeader::description() const { return band_count(bands) + " of " + name_of(type); }

std::unique_ptr<Raster> open_raster(std::unique_ptr<codecs::ByteSource> source, const std::string& name,
                                    const std::vector<int64_t>& bands, const DecodeOptions& options) {
  try {
    if (is_tiff(beginning_of(*source))) return std::make_unique<TiffRaster>(std::move(source), name, bands, options);
    return std::make_unique<PictureRaster>(decode_image_with_notes(all_bytes(*source, options), name, options), bands);
  } catch (const codecs::CodecError& error) {
    throw InputError("cannot read " + name + ": " + error.what());
  }
}

std::unique_ptr<Raster> open_raster(const std::filesystem::path& path, const std::vector<int64_t>& bands,
                                    const DecodeOptions& options) {
  auto source = std::make_unique<codecs::FileSource>(path);
  const auto beginning = beginning_of(*source);
  if (!is_tiff(beginning) && !is_decoded_here(beginning)) {
    if (auto raster = open_gdal_raster(path, bands, options)) return raster;
  }
  return with_gdal_advice(path, [&] { return open_raster(std::move(source), path.string(), bands, options); });
}

std::unique_ptr<Raster> open_validity(const std::filesystem::path& path, const DecodeOptions& options) {
  auto source = std::make_unique<codecs::FileSource>(path);
  if (!is_tiff(beginning_of(*source))) return nullptr;
  try {
    auto raster = std::make_unique<TiffRaster>(std::move(source), path.string(), std::vector<int64_t>{}, options);
    return raster->tells_validity() ? std::move(raster) : nullptr;
  } catch (const codecs::CodecError&) {
    return nullptr;  // the reader of the picture's colours says what is wrong with it, if anything is
  }
}

}  // namespace multipole
