#include "datasets/ground/placed_polygons.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "datasets/ground/polygon_placing.h"
#include "datasets/rasters/geo_tags.h"
#include "datasets/vector/self_crossing.h"

namespace multipole {
namespace {

std::string place_text(const std::array<double, 2>& place) {
  return "(" + fixed(place[0], 6) + ", " + fixed(place[1], 6) + ")";
}

// The rows of the part that the bounds reach.
CropBox rows_under(const PolygonBounds& bounds, const CropBox& part) {
  const auto within = [&part](double row) {
    return static_cast<int64_t>(std::clamp(row, static_cast<double>(part.top), static_cast<double>(part.bottom())));
  };
  const int64_t top = within(std::floor(bounds.top)), bottom = within(std::ceil(bounds.bottom));
  return {top, part.left, bottom - top, part.width};
}

// What is wrong with features, counted.
struct Findings {
  int64_t elsewhere = 0, crossing = 0;
  std::string first_crossing;

  std::vector<std::string> lines(size_t count) const {
    std::vector<std::string> lines;
    if (elsewhere > 0) {
      lines.push_back(std::to_string(elsewhere) + " of " + std::to_string(count) +
                      " polygons lie outside of the raster");
    }
    if (crossing > 0) {
      lines.push_back(std::to_string(crossing) + " of " + std::to_string(count) +
                      " polygons cross themselves, the first, " + first_crossing +
                      "; what an odd number of its rings encloses is drawn");
    }
    return lines;
  }
};

}  // namespace

RasterPlace place_of(const std::string& path, int64_t height, int64_t width) {
  const auto tags = read_geo_tags(path);
  return {path, height, width, tags ? georeference_of(*tags) : std::nullopt};
}

PlacedPolygons::PlacedPolygons(const PolygonFile& file, const std::string& name, const std::vector<uint8_t>& labels,
                               uint8_t outside, const RasterPlace& raster)
    : height_(raster.height), width_(raster.width), outside_(outside), notes_(file.notes) {
  const PolygonPlacing placing = placing_of(file, name, raster.georeference, raster.name);
  if (!placing.note.empty()) notes_.push_back(placing.note);
  const CropBox whole{0, 0, height_, width_};
  Findings found;
  for (size_t i = 0; i < file.features.size(); ++i) {
    const PolygonFeature& feature = file.features[i];
    bool is_here = false, crosses = false;
    for (DrawnPolygon polygon : feature.parts) {
      if (const auto crossing = find_self_crossing(polygon); crossing && !crosses) {
        crosses = true;
        if (found.crossing++ == 0) found.first_crossing = feature.name + ", at " + place_text(*crossing);
      }
      try {
        for (auto& ring : polygon.rings) {
          for (auto& corner : ring) corner = placing.to_pixels(corner);
        }
      } catch (const InputError& error) {
        throw InputError(name + ": " + feature.name + ": " + error.what());
      }
      const PolygonBounds bounds = bounds_of(polygon);
      if (!bounds.meets(whole)) continue;
      is_here = true;
      polygons_.push_back({std::move(polygon), bounds, labels.at(i)});
    }
    found.elsewhere += is_here ? 0 : 1;
  }
  if (polygons_.empty()) {
    throw InputError(name + ": none of its " + std::to_string(file.features.size()) + " polygons meets " + raster.name +
                     (raster.georeference
                          ? "; is the coordinate system that they name theirs?"
                          : ", whose columns and rows are counted from its upper left corner, downwards"));
  }
  for (auto& line : found.lines(file.features.size())) notes_.push_back(std::move(line));
}

LabelPart PlacedPolygons::read(const CropBox& part) const {
  LabelPart out{torch::full({part.height, part.width}, outside_, torch::kUInt8), {}};
  for (const auto& placed : polygons_) {
    if (!placed.bounds.meets(part)) continue;
    const CropBox rows = rows_under(placed.bounds, part);
    draw_polygon(placed.polygon, placed.label, rows,
                 out.labels.data_ptr<uint8_t>() + (rows.top - part.top) * part.width);
  }
  return out;
}

}  // namespace multipole
