#include "datasets/rasters/geo_tags.h"

#include <tiffio.h>

#include <array>

#include "datasets/codecs/tiff_pages.h"
#include "datasets/codecs/tiff_reader.h"
#include "datasets/rasters/gdal_raster.h"
#include "datasets/rasters/tiff_tags.h"

namespace multipole {
namespace {

constexpr uint32_t kPixelScale = 33550, kTiepoint = 33922, kTransformation = 34264, kKeyDirectory = 34735,
                   kKeyDoubles = 34736, kKeyText = 34737;

template <class T>
void put_values(TIFF* file, uint32_t tag, const std::vector<T>& values) {
  if (!values.empty()) TIFFSetField(file, tag, static_cast<uint32_t>(values.size()), values.data());
}

}  // namespace

std::optional<GeoTags> read_geo_tags(const std::filesystem::path& path) {
  const codecs::FileSource source(path);
  std::array<char, 2> order = {};
  source.read(0, order.data(), order.size());
  if (order != std::array{'I', 'I'} && order != std::array{'M', 'M'}) return gdal_geo_tags(path);
  return geo_tags_of(source);
}

std::optional<GeoTags> geo_tags_of(const codecs::ByteSource& source) {
  const codecs::TiffReader reader(source);
  reader.go_to(find_pages(reader, source).picture);
  GeoTags tags;
  tags.pixel_scale = tiff_values<double>(reader.get(), kPixelScale, TIFF_DOUBLE);
  tags.tiepoints = tiff_values<double>(reader.get(), kTiepoint, TIFF_DOUBLE);
  tags.transformation = tiff_values<double>(reader.get(), kTransformation, TIFF_DOUBLE);
  tags.keys = tiff_values<uint16_t>(reader.get(), kKeyDirectory, TIFF_SHORT);
  tags.key_doubles = tiff_values<double>(reader.get(), kKeyDoubles, TIFF_DOUBLE);
  tags.key_text = tiff_text(reader.get(), kKeyText);
  const bool placed = !tags.transformation.empty() || !tags.tiepoints.empty() || !tags.keys.empty();
  if (!placed || reader.field<uint16_t>(TIFFTAG_ORIENTATION, 1) != ORIENTATION_TOPLEFT) return std::nullopt;
  return tags;
}

void declare_geo_tags(struct tiff* file) {
  const std::array fields = {tiff_tag(kPixelScale, TIFF_DOUBLE, "ModelPixelScale"),
                             tiff_tag(kTiepoint, TIFF_DOUBLE, "ModelTiepoint"),
                             tiff_tag(kTransformation, TIFF_DOUBLE, "ModelTransformation"),
                             tiff_tag(kKeyDirectory, TIFF_SHORT, "GeoKeyDirectory"),
                             tiff_tag(kKeyDoubles, TIFF_DOUBLE, "GeoDoubleParams"),
                             tiff_tag(kKeyText, TIFF_ASCII, "GeoAsciiParams")};
  TIFFMergeFieldInfo(file, fields.data(), static_cast<uint32_t>(fields.size()));
}

void put_geo_tags(struct tiff* file, const GeoTags& tags) {
  put_values(file, kPixelScale, tags.pixel_scale);
  put_values(file, kTiepoint, tags.tiepoints);
  put_values(file, kTransformation, tags.transformation);
  put_values(file, kKeyDirectory, tags.keys);
  put_values(file, kKeyDoubles, tags.key_doubles);
  if (!tags.key_text.empty()) TIFFSetField(file, kKeyText, tags.key_text.c_str());
}

}  // namespace multipole
