// The files that one picture's segmentation leaves: written band by band under temporary names, and either all there at
// the end or none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/segment/output_names.h"
#include "apps/segment/overlay.h"
#include "datasets/pictures/geo_tiff.h"
#include "datasets/pictures/png_writer.h"
#include "engine/files/atomic_file.h"
#include "tasks/segmentation/inference/map_sink.h"
#include "tasks/segmentation/vector/class_areas.h"
#include "tasks/segmentation/vector/vector_sink.h"
#include "tasks/segmentation/view/map_view.h"

namespace multipole {

// The classes of a model as pictures show them.
struct ClassTable {
  std::vector<std::string> names;
  std::vector<PaletteColor> palette;  // 256 colours
};

class PictureOutputs {
 public:
  // Makes the folders that the names ask for. Throws ResourceError or ConfigError where they cannot be written.
  PictureOutputs(const OutputNames& names, ImageSize size, const ClassTable& classes,
                 const std::optional<GeoTags>& georeference, const VectorOptions& vector);
  ~PictureOutputs();
  PictureOutputs(const PictureOutputs&) = delete;
  PictureOutputs& operator=(const PictureOutputs&) = delete;

  void write(const MapBand& band);

  // After the last band: finishes all files under their final names.
  void commit();

  // Share of each class in what was written and holds data, 0 to 1.
  std::vector<double> shares() const;
  const ClassAreas& areas() const { return areas_; }
  // How many polygons there are; nothing where none were asked for.
  std::optional<int64_t> num_regions() const;

 private:
  struct PngFile;

  std::unique_ptr<PngFile> open_png(const std::filesystem::path& path, ImageSize size, PngWriter::Kind kind,
                                    const std::vector<PaletteColor>& palette);

  OutputNames names_;
  ClassTable classes_;
  std::unique_ptr<PngFile> map_, probability_, uncertainty_;
  std::unique_ptr<AtomicFile> overlay_file_;
  std::unique_ptr<Overlay> overlay_;
  std::unique_ptr<MapView> view_;
  std::filesystem::path geo_temporary_;
  std::unique_ptr<GeoTiffWriter> geo_map_;
  std::unique_ptr<VectorSink> vector_;
  ClassAreas areas_;
};

}  // namespace multipole
