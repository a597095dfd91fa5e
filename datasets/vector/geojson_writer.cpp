#include "datasets/vector/geojson_writer.h"

#include <charconv>
#include <utility>

#include "base/json.h"

namespace multipole {
namespace {

constexpr size_t kBuffer = 1 << 16;
constexpr int kLonLat = 4326;  // the format's own system

// The shortest text that reads as the same number.
void add_number(std::string& text, double value) {
  std::array<char, 400> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  text.append(digits.data(), result.ptr);
}

void add_point(std::string& text, const std::array<double, 2>& point) {
  text += '[';
  add_number(text, point[0]);
  text += ',';
  add_number(text, point[1]);
  text += ']';
}

}  // namespace

GeoJsonWriter::GeoJsonWriter(RegionLayer layer, TextSink sink) : layer_(std::move(layer)), sink_(std::move(sink)) {
  text_ = "{\"type\":\"FeatureCollection\",";
  if (layer_.epsg != 0 && layer_.epsg != kLonLat) {
    text_ +=
        "\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"urn:ogc:def:crs:EPSG::" + std::to_string(layer_.epsg) +
        "\"}},";
  }
  text_ += "\"features\":[";
  for (size_t i = 0; i < layer_.classes.size(); ++i) {
    const std::string name = Json(layer_.classes[i]).dump();
    std::string members = "\"class\":" + name + ",\"class_index\":" + std::to_string(i);
    if (!layer_.place) {
      members += ",\"objectType\":\"annotation\",\"classification\":{\"name\":" + name +
                 ",\"color\":" + Json(layer_.colors.at(i)).dump() + "}";
    }
    class_members_.push_back(std::move(members));
  }
}

void GeoJsonWriter::flush(size_t at_least) {
  if (text_.size() < at_least) return;
  sink_(text_);
  text_.clear();
}

void GeoJsonWriter::begin_feature(const Region& region, const RegionFacts& facts) {
  text_ += is_first_ ? "\n" : ",\n";
  is_first_ = false;
  text_ += "{\"type\":\"Feature\",\"id\":" + std::to_string(region.id) + ",\"properties\":{";
  text_ += class_members_.at(region.label);
  text_ += ",\"pixels\":" + std::to_string(region.pixels);
  if (facts.area_m2) {
    text_ += ",\"area_m2\":";
    add_number(text_, *facts.area_m2);
  }
  if (facts.probability) {
    text_ += ",\"probability\":";
    add_number(text_, *facts.probability);
  }
  text_ += "},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[";
}

void GeoJsonWriter::write(const Region& region, const RegionFacts& facts) {
  begin_feature(region, facts);
  CoordinateBox box;
  for (size_t i = 0; i < region.rings.size(); ++i) {
    text_ += i == 0 ? "[" : ",[";
    bool is_first = true;
    visit_ring(region.rings[i], layer_, [&](const std::array<double, 2>& point) {
      if (!is_first) text_ += ',';
      is_first = false;
      add_point(text_, point);
      if (i == 0) box.add(point);
      flush(kBuffer);
    });
    text_ += ']';
  }
  text_ += "]},\"bbox\":[";
  for (const double value : {box.low[0], box.low[1], box.high[0], box.high[1]}) {
    add_number(text_, value);
    text_ += ',';
  }
  text_.back() = ']';
  text_ += '}';
  flush(kBuffer);
}

void GeoJsonWriter::finish() {
  text_ += "\n]}\n";
  flush(0);
}

}  // namespace multipole
