#include "tasks/segmentation/view/tile_script.h"

#include "engine/report/thumbnail.h"
#include "tasks/segmentation/view/deflate.h"

namespace multipole {

std::string tile_name(const std::string& folder, const TilePlace& place) {
  return folder + "/" + std::to_string(place.level) + "/" + std::to_string(place.column) + "_" +
         std::to_string(place.row);
}

std::string tile_script(const std::string& name, std::span<const uint8_t> bytes) {
  return "mapView.tile(\"" + name + "\",\"" + base64(deflate_bytes(bytes)) + "\");\n";
}

}  // namespace multipole
