// Writes the regions of a label map as polygons while the map comes, a band of rows at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/pictures/palette.h"
#include "datasets/regions/region_tracer.h"
#include "datasets/vector/georeference.h"
#include "tasks/segmentation/inference/map_sink.h"
#include "tasks/segmentation/vector/vector_file.h"
#include "tasks/segmentation/vector/vector_options.h"

namespace multipole {

// Of the pixels it holds one row, and of the regions the corners of those that this row cuts (region_tracer.h): a
// region across the whole map costs its outline, never its pixels. The file is the same whatever the bands.
class VectorSink : public MapSink {
 public:
  // `palette`: a colour for each class. `path` appears with commit(), whole, or not at all.
  VectorSink(const std::filesystem::path& path, const std::vector<std::string>& classes,
             const std::vector<PaletteColor>& palette, const VectorOptions& options,
             const std::optional<Georeference>& georeference = std::nullopt);
  ~VectorSink() override;

  // Throws InputError where the options ask for what the raster's georeference does not give.
  void begin(int64_t height, int64_t width) override;
  // Classes that are kNoRegion belong to no region. Throws ResourceError.
  void write(const MapBand& band) override;
  // After the last band.
  void commit();

  int64_t num_regions() const { return num_regions_; }

 private:
  void take(Region region);
  // Square metres of a region, where they are known.
  std::optional<double> area_of(const Region& region) const;

  std::filesystem::path path_;
  std::vector<std::string> classes_;
  std::vector<PaletteColor> palette_;
  VectorOptions options_;
  std::optional<Georeference> georeference_;
  std::optional<double> uniform_area_;  // of a pixel, where all are alike
  double tolerance_ = 0;                // pixels
  bool has_probability_ = false;
  int64_t num_regions_ = 0;
  std::unique_ptr<VectorFile> file_;
  std::unique_ptr<RegionTracer> tracer_;
};

}  // namespace multipole
