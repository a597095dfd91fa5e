// The place on earth of a picture: GeoTIFF's tags (OGC 19-008r4) as they are stored, none is interpreted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/codecs/byte_source.h"

struct tiff;  // libtiff's TIFF

namespace multipole {

struct GeoTags {
  std::vector<double> pixel_scale, tiepoints, transformation;  // ModelPixelScale, ModelTiepoint, ModelTransformation
  std::vector<uint16_t> keys;                                  // GeoKeyDirectory
  std::vector<double> key_doubles;                             // GeoDoubleParams
  std::string key_text;                                        // GeoAsciiParams

  bool operator==(const GeoTags&) const = default;
};

// Of a TIFF, and of whatever GDAL reads where the program is built with it. Nothing for other files, for those without
// such tags, and where the picture is stored turned (the tags would not fit the upright map).
std::optional<GeoTags> read_geo_tags(const std::filesystem::path& path);

// The same of a TIFF that lies elsewhere. Throws codecs::CodecError where it is none.
std::optional<GeoTags> geo_tags_of(const codecs::ByteSource& source);

// Sets them on the page that is being written. declare_geo_tags() comes first.
void declare_geo_tags(struct tiff* file);
void put_geo_tags(struct tiff* file, const GeoTags& tags);

}  // namespace multipole
