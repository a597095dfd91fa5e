// What rasterio.features.rasterize is compared with.
//
//   draw_polygons POLYGONS PICTURE HEIGHT WIDTH OUT    the labels of the picture's pixels, bytes: each feature's
//   property
//                                                      "class" is a whole number, and 0 is outside
#include <fstream>
#include <iostream>
#include <string>

#include "base/error.h"
#include "datasets/ground/placed_polygons.h"
#include "datasets/ground/polygon_classes.h"

namespace multipole {
namespace {

int draw(const std::string& polygons, const std::string& picture, int64_t height, int64_t width,
         const std::string& out) {
  const NamedPolygonFile named{polygons, read_polygon_file(polygons, "class")};
  PolygonClasses classes;
  classes.names.assign(255, "");
  const PlacedPolygons placed(named.file, polygons, classes.labels_of(named), 0, place_of(picture, height, width));
  // in parts, as training reads them
  constexpr int64_t kSide = 37;
  torch::Tensor labels = torch::zeros({height, width}, torch::kUInt8);
  for (int64_t y = 0; y < height; y += kSide) {
    for (int64_t x = 0; x < width; x += kSide) {
      const CropBox part{y, x, std::min(kSide, height - y), std::min(kSide, width - x)};
      labels.narrow(0, y, part.height).narrow(1, x, part.width).copy_(placed.read(part).labels);
    }
  }
  std::ofstream(out, std::ios::binary)
      .write(static_cast<const char*>(labels.data_ptr()), static_cast<std::streamsize>(labels.nbytes()));
  for (const auto& note : placed.notes()) std::cout << note << "\n";
  return 0;
}

}  // namespace
}  // namespace multipole

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  try {
    return multipole::draw(argv[1], argv[2], std::stoll(argv[3]), std::stoll(argv[4]), argv[5]);
  } catch (const multipole::Error& error) {
    std::cerr << error.what() << "\n";
    return 3;
  }
}
