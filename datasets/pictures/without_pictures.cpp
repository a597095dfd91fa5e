// For the build without picture libraries.
#include "datasets/codecs/without_codecs.h"
#include "datasets/pictures/geo_tiff.h"
#include "datasets/pictures/jpeg_writer.h"
#include "datasets/pictures/picture_rows.h"
#include "datasets/pictures/png_writer.h"
#include "datasets/pictures/read_picture.h"

namespace multipole {

std::unique_ptr<PictureRows> open_picture_rows(const std::filesystem::path& path, const DecodeOptions&) {
  refuse_without_codecs(path.string());
}

DecodedImage read_picture(const std::filesystem::path& path, const DecodeOptions&) {
  refuse_without_codecs(path.string());
}
DecodedImage decode_picture(ByteView, const std::string& name, const DecodeOptions&) { refuse_without_codecs(name); }

class PngWriter::Encoder {};
PngWriter::PngWriter(int64_t, int64_t, Kind, const std::vector<PaletteColor>&, ByteSink) {
  refuse_without_codecs("a PNG file");
}
PngWriter::~PngWriter() = default;
void PngWriter::write(const torch::Tensor&) {}
void PngWriter::finish() {}

class JpegWriter::Encoder {};
JpegWriter::JpegWriter(int64_t, int64_t, int, ByteSink) { refuse_without_codecs("a JPEG file"); }
JpegWriter::~JpegWriter() = default;
void JpegWriter::write(const torch::Tensor&) {}
void JpegWriter::finish() {}

class GeoTiffWriter::File {};
GeoTiffWriter::GeoTiffWriter(const std::filesystem::path& path, int64_t, int64_t, const std::vector<PaletteColor>&,
                             const GeoTags&, std::optional<int>) {
  refuse_without_codecs(path.string());
}
GeoTiffWriter::~GeoTiffWriter() = default;
void GeoTiffWriter::write(const torch::Tensor&) {}
void GeoTiffWriter::finish() {}
std::optional<GeoTags> read_geo_tags(const std::filesystem::path&) { return std::nullopt; }

}  // namespace multipole
