#include "apps/segment/vector_arguments.h"

#include "base/error.h"
#include "datasets/vector/geopackage_writer.h"

namespace multipole {

std::vector<CLI::Option*> add_polygon_options(CLI::App& command, VectorArguments& arguments) {
  return {command
              .add_option("--vector-coordinates", arguments.coordinates,
                          "raster (its own), lonlat (RFC 7946), pixels (QuPath), or auto: raster where it has a "
                          "georeference, else pixels")
              ->capture_default_str(),
          command
              .add_option("--vector-least", arguments.least,
                          "leave out regions with less area than so many pixels (16) or square metres (25m2)")
              ->capture_default_str(),
          command
              .add_option("--vector-simplify", arguments.simplify,
                          "drop corners that move an outline by at most so many pixels (1.5) or metres (2m); borders "
                          "of neighbours may part")
              ->capture_default_str()};
}

void add_vector_options(CLI::App& command, VectorArguments& arguments) {
  CLI::Option* const vector = command.add_option(
      "--vector", arguments.target,
      "also the regions of each class as polygons: geojson or gpkg for NAME.geojson or NAME.gpkg of each picture, or a "
      "file for one picture: --vector fields.gpkg");
  for (CLI::Option* const option : add_polygon_options(command, arguments)) option->needs(vector);
}

void require_writer(const VectorTarget& target, const std::string& where) {
  if (target.format != VectorFormat::kGeoPackage || has_geopackage()) return;
  throw ConfigError(where +
                    ": this build writes no GeoPackage, for SQLite was not found; install libsqlite3-dev and build "
                    "anew, or write GeoJSON");
}

std::optional<VectorTarget> vector_target(const VectorArguments& arguments, size_t num_pictures) {
  if (arguments.target.empty()) return std::nullopt;
  const VectorTarget target = parse_vector_target(arguments.target, "--vector");
  if (!target.file.empty() && num_pictures != 1) {
    throw ConfigError("--vector " + arguments.target + ": a file is for one picture, and these are " +
                      std::to_string(num_pictures) + "; --vector " + (vector_suffix(target.format) + 1) +
                      " names one for each below --out");
  }
  require_writer(target, "--vector " + arguments.target);
  return target;
}

VectorOptions vector_options(const VectorArguments& arguments) {
  VectorOptions options;
  if (!arguments.target.empty()) options.format = parse_vector_target(arguments.target, "--vector").format;
  options.coordinates = parse_vector_coordinates(arguments.coordinates, "--vector-coordinates");
  options.least = parse_vector_measure(arguments.least, "m2", "--vector-least");
  options.simplify = parse_vector_measure(arguments.simplify, "m", "--vector-simplify");
  return options;
}

}  // namespace multipole
