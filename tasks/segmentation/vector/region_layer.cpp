#include "tasks/segmentation/vector/region_layer.h"

#include <memory>

#include "base/error.h"
#include "datasets/vector/lon_lat.h"

namespace multipole {
namespace {

constexpr int kLonLatCode = 4326;  // EPSG's code for WGS 84

void place_in_raster(RegionLayer& layer, const Georeference& georeference) {
  layer.place = [georeference](PixelCorner corner) { return georeference.place(corner.x, corner.y); };
  layer.upright = georeference.determinant() < 0;
  layer.epsg = georeference.epsg;
  layer.geographic = georeference.geographic;
}

void place_by_lon_lat(RegionLayer& layer, const Georeference& georeference) {
  place_in_raster(layer, georeference);
  if (georeference.epsg == kLonLatCode) return;
  if (georeference.epsg == 0) {
    throw InputError("longitude and latitude need a coordinate system with an EPSG code, and the raster names none");
  }
  const auto transform = std::make_shared<LonLatTransform>(georeference.epsg);
  layer.place = [georeference, transform](PixelCorner corner) {
    return (*transform)(georeference.place(corner.x, corner.y));
  };
  layer.epsg = kLonLatCode;
  layer.geographic = true;
}

}  // namespace

RegionLayer make_region_layer(const std::vector<std::string>& classes, const std::vector<PaletteColor>& palette,
                              VectorCoordinates coordinates, const std::optional<Georeference>& georeference) {
  RegionLayer layer;
  layer.classes = classes;
  layer.colors = palette;
  const bool is_placed = coordinates == VectorCoordinates::kRaster || coordinates == VectorCoordinates::kLonLat;
  if (is_placed && !georeference) {
    throw InputError(
        "polygons on the ground need a raster with a georeference (an affine one, north up or not); take "
        "its pixels as coordinates");
  }
  if (coordinates == VectorCoordinates::kPixels || !georeference) return layer;
  if (coordinates == VectorCoordinates::kLonLat) {
    place_by_lon_lat(layer, *georeference);
  } else {
    place_in_raster(layer, *georeference);
  }
  return layer;
}

}  // namespace multipole
