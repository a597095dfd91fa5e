// Regions as GeoJSON (RFC 7946), a feature a line:
//
//   {"type":"Feature","id":ID,"properties":{"class":NAME,"class_index":LABEL,"pixels":N,"area_m2":A,"probability":P},
//    "geometry":{"type":"Polygon","coordinates":[...]},"bbox":[...]}
//
// "area_m2" and "probability" are left out where unknown. A layer with a code names its coordinate system by the member
// "crs" of GeoJSON 2008, as GDAL does, except for longitude and latitude by WGS 84 (EPSG:4326), which are the format's
// own. A layer in pixels has what QuPath reads besides: "objectType" and "classification".
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "datasets/vector/region_writer.h"

namespace multipole {

class GeoJsonWriter : public RegionWriter {
 public:
  using TextSink = std::function<void(std::string_view text)>;  // takes the file in order; may throw

  GeoJsonWriter(RegionLayer layer, TextSink sink);

  void write(const Region& region, const RegionFacts& facts) override;
  void finish() override;

 private:
  void begin_feature(const Region& region, const RegionFacts& facts);
  // Hands on what has come together.
  void flush(size_t at_least);

  RegionLayer layer_;
  TextSink sink_;
  std::vector<std::string> class_members_;  // of each label: its part of the properties
  std::string text_;
  bool is_first_ = true;
};

}  // namespace multipole
