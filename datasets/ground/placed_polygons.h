// Polygons on the pixels of a raster.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/ground/label_windows.h"
#include "datasets/vector/draw_polygon.h"
#include "datasets/vector/georeference.h"
#include "datasets/vector/polygon_file.h"

namespace multipole {

// The raster that polygons are drawn on.
struct RasterPlace {
  std::string name;  // its file, for messages
  int64_t height = 0, width = 0;
  std::optional<Georeference> georeference;  // nothing: coordinates of polygons are pixels
};

// Of the picture at `path`, of that size.
RasterPlace place_of(const std::string& path, int64_t height, int64_t width);

class PlacedPolygons : public LabelWindows {
 public:
  // Feature i of the file has the label `labels[i]`; pixels whose centre is in none have `outside`, and those in
  // several have that of the last one, as rasterio.features.rasterize draws them. Coordinates are the raster's own, or
  // are transformed to its system by PROJ. Throws InputError, naming both files, where no polygon meets the raster,
  // systems differ and cannot be transformed, or the polygons' system is not known to fit; ConfigError where that takes
  // PROJ and the build lacks it.
  PlacedPolygons(const PolygonFile& file, const std::string& name, const std::vector<uint8_t>& labels, uint8_t outside,
                 const RasterPlace& raster);

  int64_t height() const override { return height_; }
  int64_t width() const override { return width_; }
  LabelPart read(const CropBox& part) const override;

  // What the file left out, how many polygons lie elsewhere, and how many cross themselves, with the first one's place.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  struct Placed {
    DrawnPolygon polygon;  // in pixels
    PolygonBounds bounds;
    uint8_t label = 0;
  };

  int64_t height_, width_;
  uint8_t outside_;
  std::vector<Placed> polygons_;
  std::vector<std::string> notes_;
};

}  // namespace multipole
