#include <algorithm>
#include <iostream>

#include "apps/arguments/decode_options.h"
#include "apps/segment/segment.h"
#include "apps/segment/vector_arguments.h"
#include "base/error.h"
#include "datasets/layouts/class_list.h"
#include "datasets/masks/mask_rows.h"
#include "datasets/pictures/geo_tiff.h"
#include "datasets/rasters/raster.h"
#include "engine/files/model_file.h"
#include "tasks/segmentation/vector/vector_sink.h"

namespace multipole {
namespace {

constexpr int64_t kMapRowsAtOnce = 64;

struct VectorizeOptions {
  std::string map, out, classes, model, georeference;
  VectorArguments vector;
  std::optional<int64_t> max_pixels;
};

// Their names and colours, from whichever option says them; "class 7" and the default colours where none does.
ClassList named_classes(const VectorizeOptions& options) {
  if (!options.classes.empty()) return read_class_list(options.classes);
  if (!options.model.empty()) {
    const ModelMetadata metadata = read_model_metadata(options.model, "segmentation");
    return {metadata.classes, metadata.palette};
  }
  ClassList list;
  for (int i = 0; i < kNoRegion; ++i) list.names.push_back("class " + std::to_string(i));
  return list;
}

// The next `rows` rows of the map, of which `first_row` is the first, as classes; what the file itself leaves out is in
// no region.
torch::Tensor read_labels(MaskRows& map, const std::string& name, int64_t first_row, int64_t rows, size_t num_classes) {
  const StoredMask mask = map.read(rows);
  if (mask.is_colored()) {
    throw InputError(name + ": its pixels are colours; a label map holds numbers of classes (palette or gray)");
  }
  const torch::Tensor values = mask.ignored.defined() ? mask.values.masked_fill(mask.ignored, kNoRegion) : mask.values;
  const torch::Tensor unknown = values.ne(kNoRegion).logical_and(values.ge(static_cast<int64_t>(num_classes)));
  if (unknown.any().item<bool>()) {
    const int64_t at = unknown.flatten().to(torch::kUInt8).argmax().item<int64_t>(), width = values.size(1);
    throw InputError(name + ": row " + std::to_string(first_row + at / width) + ", column " +
                     std::to_string(at % width) + " holds " + std::to_string(values.flatten()[at].item<int64_t>()) +
                     ", and there are " + std::to_string(num_classes) + " classes (255 is none)");
  }
  return values.to(torch::kUInt8);
}

std::optional<Georeference> place_of(const std::string& raster, const MaskRows& map) {
  if (raster.empty()) return std::nullopt;
  const auto tags = read_geo_tags(raster);
  const auto found = tags ? georeference_of(*tags) : std::nullopt;
  if (!found) throw InputError(raster + ": no GeoTIFF with an affine georeference");
  const RasterHeader size = open_raster(raster, {}, {})->header();
  if (size.height != map.height() || size.width != map.width()) {
    throw InputError(raster + ": " + std::to_string(size.width) + " x " + std::to_string(size.height) +
                     " pixels, and the map has " + std::to_string(map.width()) + " x " + std::to_string(map.height()));
  }
  return found;
}

int vectorize(const VectorizeOptions& options) {
  const VectorTarget target = parse_vector_target(options.out, "--out");
  if (target.file.empty()) throw ConfigError("--out " + options.out + ": expected a file, .geojson or .gpkg");
  require_writer(target, "--out " + options.out);
  const ClassList classes = named_classes(options);
  DecodeOptions decode;
  if (options.max_pixels) decode.max_pixels = decode.max_streamed_pixels = *options.max_pixels;
  const auto map = open_mask_rows(options.map, decode);
  VectorOptions vector = vector_options(options.vector);
  vector.format = target.format;
  VectorSink sink(target.file, classes.names, model_palette(classes.palette), vector,
                  place_of(options.georeference, *map));
  sink.begin(map->height(), map->width());
  for (int64_t row = 0; row < map->height(); row += kMapRowsAtOnce) {
    const int64_t rows = std::min(kMapRowsAtOnce, map->height() - row);
    sink.write({.first_row = row, .classes = read_labels(*map, options.map, row, rows, classes.names.size())});
  }
  sink.commit();
  std::cerr << options.out << ": " << sink.num_regions() << (sink.num_regions() == 1 ? " region\n" : " regions\n");
  return 0;
}

}  // namespace

void add_segment_vectorize(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<VectorizeOptions>();
  CLI::App* command =
      add_command(parent, "vectorize", "turn a label map into polygons",
                  "multipole segment vectorize maps/aerial.png --georeference maps/aerial.tif --classes "
                  "classes.txt --out aerial.gpkg");
  command->add_option("MAP", options->map, "PNG or TIFF of class ids, palette or gray; 255 is no class")->required();
  command->add_option("--out", options->out, "file of polygons, .geojson or .gpkg")->required();
  CLI::Option* const classes =
      command->add_option("--classes", options->classes, "text file of the classes' names in the order of their ids");
  command->add_option("--model", options->model, "model file whose classes they are")->excludes(classes);
  command->add_option("--georeference", options->georeference, "GeoTIFF with the same pixels, for their place");
  add_polygon_options(*command, options->vector);
  add_max_pixels_option(*command, options->max_pixels);
  command->callback([options, &run] { run = [options] { return vectorize(*options); }; });
}

}  // namespace multipole
