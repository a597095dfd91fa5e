#include "datasets/pictures/read_picture.h"

#include <memory>
#include <vector>

#include "datasets/pictures/band_rows.h"
#include "datasets/rasters/gdal_raster.h"
#include "datasets/rasters/raster.h"

namespace multipole {
namespace {

// What is decoded whole is bounded by less than what is read row by row.
DecodeOptions for_whole(DecodeOptions options) {
  options.max_streamed_pixels = options.max_pixels;
  return options;
}

// Owns the bytes of a file that comes from an archive: a raster may outlive the call that opens it.
class OwnedSource : public codecs::ByteSource {
 public:
  explicit OwnedSource(ByteView bytes) : bytes_(bytes.begin(), bytes.end()), source_(bytes_) {}
  uint64_t size() const override { return source_.size(); }
  size_t read(uint64_t offset, void* out, size_t count) const override { return source_.read(offset, out, count); }

 private:
  std::vector<uint8_t> bytes_;
  codecs::MemorySource source_;
};

}  // namespace

DecodedImage read_picture(const std::filesystem::path& path, const DecodeOptions& options) {
  const DecodeOptions whole = for_whole(options);
  if (options.bands.any()) {
    const auto open = [&](const std::vector<int64_t>& bands) { return open_raster(path, bands, whole); };
    return read_all(*band_rows(open, options.bands, path.string()));
  }
  if (needs_gdal(path)) return read_all(*open_picture_rows(path, whole));
  DecodedImage image = with_gdal_advice(path, [&] { return read_image_with_notes(path, options); });
  if (const auto raster = open_validity(path, whole)) image.valid = validity_of_all(*raster);
  return image;
}

DecodedImage decode_picture(ByteView bytes, const std::string& name, const DecodeOptions& options) {
  if (!options.bands.any()) return decode_image_with_notes(bytes, name, options);
  const auto open = [&](const std::vector<int64_t>& bands) {
    return open_raster(std::make_unique<OwnedSource>(bytes), name, bands, for_whole(options));
  };
  return read_all(*band_rows(open, options.bands, name));
}

}  // namespace multipole
