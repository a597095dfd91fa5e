// What rasterio is compared with.
//
//   raster_tool read FILE BANDS OUT      writes the numbers (float64) and then the validity (bytes) to OUT, and prints
//                                        {"height", "width", "bands", "type", "channels", "notes"}; BANDS: "4,3" or "-"
//   raster_tool map LABELS HEIGHT WIDTH PLACE OUT   bytes of labels as a GeoTIFF with the georeference of PLACE
#include <torch/utils.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "base/json.h"
#include "base/read_file.h"
#include "datasets/pictures/geo_tiff.h"
#include "datasets/rasters/raster.h"

namespace multipole {
namespace {

int read_raster(const std::string& path, const std::string& words, const std::string& out) {
  std::vector<int64_t> bands;
  std::istringstream stream(words == "-" ? "" : words);
  for (std::string word; std::getline(stream, word, ',');) bands.push_back(std::stoll(word));
  const auto raster = open_raster(path, bands, {});
  const RasterHeader header = raster->header();
  const RasterPart part = raster->read(header.height);
  const auto valid = part.valid.defined() ? part.valid : torch::ones({header.height, header.width}, torch::kBool);
  std::ofstream file(out, std::ios::binary);
  file.write(static_cast<const char*>(part.numbers.data_ptr()), static_cast<std::streamsize>(part.numbers.nbytes()));
  file.write(static_cast<const char*>(valid.data_ptr()), static_cast<std::streamsize>(valid.nbytes()));
  std::cout << Json{{"height", header.height},
                    {"width", header.width},
                    {"bands", header.bands},
                    {"type", name_of(header.type)},
                    {"channels", part.numbers.size(2)},
                    {"notes", raster->notes()}}
                   .dump()
            << "\n";
  return 0;
}

int write_map(const std::string& labels, int64_t height, int64_t width, const std::string& place,
              const std::string& out) {
  auto bytes = read_file(labels, int64_t{1} << 30);
  const auto map = torch::from_blob(bytes.data(), {height, width}, torch::kUInt8);
  GeoTiffWriter writer(out, height, width, default_palette(), read_geo_tags(place).value_or(GeoTags()));
  for (int64_t y = 0; y < height; y += 100) writer.write(map.slice(0, y, y + 100));
  writer.finish();
  return 0;
}

int run(const std::vector<std::string>& words) {
  try {
    if (words.size() == 4 && words[0] == "read") return read_raster(words[1], words[2], words[3]);
    if (words.size() == 6 && words[0] == "map") {
      return write_map(words[1], std::stoll(words[2]), std::stoll(words[3]), words[4], words[5]);
    }
    std::cerr << "raster_tool read FILE BANDS OUT | raster_tool map LABELS HEIGHT WIDTH PLACE OUT\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 3;
  }
}

}  // namespace
}  // namespace multipole

int main(int count, char** words) { return multipole::run({words + 1, words + count}); }
