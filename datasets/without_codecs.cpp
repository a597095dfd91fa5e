// The build without picture libraries (MULTIPOLE_WITH_OPENCV=OFF): packed data is read as ever, and whatever would
// decode or encode a picture says what is missing.
#include "backbone/config/error.h"
#include "datasets/codec_versions.h"
#include "datasets/geo_tiff.h"
#include "datasets/image_decode.h"
#include "datasets/jpeg_writer.h"
#include "datasets/picture_rows.h"
#include "datasets/png_writer.h"
#include "datasets/segmentation/mask_decode.h"
#include "datasets/sources/archive_source.h"

namespace multipole {

namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw ConfigError(what +
                    ": this build has no picture libraries (MULTIPOLE_WITH_OPENCV=OFF); it reads packed data, "
                    "which 'multipole data pack' makes in a build that has them");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> codec_versions() { return {}; }

DecodedImage decode_image_with_notes(ByteView, const std::string& name, const DecodeOptions&) { refuse(name); }
torch::Tensor decode_image(ByteView, const std::string& name, const DecodeOptions&) { refuse(name); }
DecodedImage read_image_with_notes(const std::filesystem::path& path, const DecodeOptions&) { refuse(path.string()); }
torch::Tensor read_image(const std::filesystem::path& path, const DecodeOptions&) { refuse(path.string()); }
StoredMask decode_mask(ByteView, const std::string& name, const DecodeOptions&, MaskForm) { refuse(name); }
StoredMask read_mask(const std::filesystem::path& path, const DecodeOptions&, MaskForm) { refuse(path.string()); }
std::unique_ptr<PictureRows> open_picture_rows(const std::filesystem::path& path, const DecodeOptions&) {
  refuse(path.string());
}
std::shared_ptr<const PictureSource> open_archive_source(const std::filesystem::path& file, const DecodeOptions&) {
  refuse(file.string());
}

class PngWriter::Encoder {};
PngWriter::PngWriter(int64_t, int64_t, Kind, const std::vector<PaletteColor>&, ByteSink) { refuse("a PNG file"); }
PngWriter::~PngWriter() = default;
void PngWriter::write(const torch::Tensor&) {}
void PngWriter::finish() {}

class JpegWriter::Encoder {};
JpegWriter::JpegWriter(int64_t, int64_t, int, ByteSink) { refuse("a JPEG file"); }
JpegWriter::~JpegWriter() = default;
void JpegWriter::write(const torch::Tensor&) {}
void JpegWriter::finish() {}

class GeoTiffWriter::File {};
GeoTiffWriter::GeoTiffWriter(const std::filesystem::path& path, int64_t, int64_t, const std::vector<PaletteColor>&,
                             const GeoTags&) {
  refuse(path.string());
}
GeoTiffWriter::~GeoTiffWriter() = default;
void GeoTiffWriter::write(const torch::Tensor&) {}
void GeoTiffWriter::finish() {}
std::optional<GeoTags> read_geo_tags(const std::filesystem::path&) { return std::nullopt; }

}  // namespace multipole
