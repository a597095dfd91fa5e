// A folder with a page that shows a picture and its label map in a browser, from the disk and without a network.
// Written band by band, and there at the end whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/pictures/palette.h"
#include "heads/head.h"
#include "tasks/segmentation/inference/map_sink.h"

namespace multipole {

struct MapViewOptions {
  std::string title;                       // any text; bytes that are no UTF-8 are replaced
  std::vector<std::string> classes;        // ids beyond these are shown as no data: transparent
  std::vector<PaletteColor> palette;       // a colour for every class, at least
  std::optional<double> metres_per_pixel;  // for areas and the scale, which are in pixels without it
  bool uncertainty = false;                // a layer of it, which the bands then have to hold
  std::filesystem::path leaflet;           // find_leaflet()
};

// The page, Leaflet, the description, and a file for each tile of 512 pixels: of a picture of H x W about
// 4/3 (H / 512) (W / 512) each for picture, classes, regions and, where it is wanted, uncertainty.
class MapView {
 public:
  // What tells a folder that this class wrote, below it.
  static constexpr const char* kSign = "map.js";

  // One row of tiles for each level; the outlines of the regions that a row cuts come on top.
  static double held_bytes(ImageSize size, bool uncertainty);

  // Throws ResourceError where `folder` cannot be written, ConfigError where it is something else.
  MapView(const std::filesystem::path& folder, ImageSize size, MapViewOptions options);
  ~MapView();
  MapView(const MapView&) = delete;
  MapView& operator=(const MapView&) = delete;

  // `band` has to hold the probability. Throws ResourceError.
  void write(const MapBand& band);

  // After the last band. `shares`: of each class in the whole, 0 to 1.
  void commit(const std::vector<double>& shares);

 private:
  class Files;
  std::unique_ptr<Files> files_;
};

}  // namespace multipole
