#include "apps/segment/picture_outputs.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "apps/segment/legend.h"
#include "base/error.h"
#include "tasks/segmentation/view/leaflet.h"

namespace multipole {
namespace {

ByteSink sink_into(AtomicFile& file) {
  return [&file](const void* data, size_t size) { file.write(data, size); };
}

std::optional<Georeference> placed(const std::optional<GeoTags>& tags) {
  return tags ? georeference_of(*tags) : std::nullopt;
}

// Metres along the side of a pixel in the middle of the picture, one of its area.
std::optional<double> pixel_side(const std::optional<Georeference>& georeference, int64_t height) {
  const auto area = georeference ? georeference->pixel_area(height / 2) : std::nullopt;
  return area ? std::optional(std::sqrt(*area)) : std::nullopt;
}

void make_folder_of(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::create_directories(path.parent_path(), code);
  if (code) throw ResourceError("cannot make the folder " + path.parent_path().string() + ": " + code.message());
}

}  // namespace

struct PictureOutputs::PngFile {
  PngFile(const std::filesystem::path& path, ImageSize size, PngWriter::Kind kind,
          const std::vector<PaletteColor>& palette)
      : file(path), writer(size.height, size.width, kind, palette, sink_into(file)) {}
  void commit() {
    writer.finish();
    file.commit();
  }

  AtomicFile file;
  PngWriter writer;
};

std::unique_ptr<PictureOutputs::PngFile> PictureOutputs::open_png(const std::filesystem::path& path, ImageSize size,
                                                                  PngWriter::Kind kind,
                                                                  const std::vector<PaletteColor>& palette) {
  return path.empty() ? nullptr : std::make_unique<PngFile>(path, size, kind, palette);
}

PictureOutputs::PictureOutputs(const OutputNames& names, ImageSize size, const ClassTable& classes,
                               const std::optional<GeoTags>& georeference, const VectorOptions& vector)
    : names_(names), classes_(classes), areas_(placed(georeference)) {
  make_folder_of(names.map);
  map_ = open_png(names.map, size, PngWriter::Kind::kPalette, classes.palette);
  probability_ = open_png(names.probability, size, PngWriter::Kind::kGray, {});
  uncertainty_ = open_png(names.uncertainty, size, PngWriter::Kind::kGray, {});
  if (!names.overlay.empty()) {
    overlay_file_ = std::make_unique<AtomicFile>(names.overlay);
    overlay_ = std::make_unique<Overlay>(size, classes.palette, sink_into(*overlay_file_));
  }
  if (!names.view.empty()) {
    view_ = std::make_unique<MapView>(names.view, size,
                                      MapViewOptions{.title = names.view.stem().string(),
                                                     .classes = classes.names,
                                                     .palette = classes.palette,
                                                     .metres_per_pixel = pixel_side(placed(georeference), size.height),
                                                     .uncertainty = !names.uncertainty.empty(),
                                                     .leaflet = find_leaflet()});
  }
  if (georeference) {
    geo_temporary_ = names.geo_map;
    geo_temporary_ += ".tmp." + std::to_string(::getpid());
    const bool is_free = classes.names.size() <= static_cast<size_t>(kNodataLabel);
    geo_map_ = std::make_unique<GeoTiffWriter>(geo_temporary_, size.height, size.width, classes.palette, *georeference,
                                               is_free ? std::optional<int>(kNodataLabel) : std::nullopt);
  }
  areas_.begin(size.height, size.width);
  if (!names.vector.empty()) {
    vector_ = std::make_unique<VectorSink>(names.vector, classes.names, classes.palette, vector, placed(georeference));
    vector_->begin(size.height, size.width);
  }
}

PictureOutputs::~PictureOutputs() {
  geo_map_.reset();
  if (!geo_temporary_.empty()) ::unlink(geo_temporary_.c_str());
}

void PictureOutputs::write(const MapBand& band) {
  areas_.write(band);
  map_->writer.write(band.classes);
  if (probability_ != nullptr) probability_->writer.write(band.probability);
  if (uncertainty_ != nullptr) uncertainty_->writer.write(band.uncertainty);
  if (overlay_ != nullptr) overlay_->write(band);
  if (view_ != nullptr) view_->write(band);
  if (geo_map_ != nullptr) geo_map_->write(band.classes);
  if (vector_ != nullptr) vector_->write(band);
}

void PictureOutputs::commit() {
  if (overlay_ != nullptr) {
    overlay_->finish();
    overlay_file_->commit();
  }
  if (view_ != nullptr) view_->commit(shares());
  if (!names_.legend.empty()) {
    write_file_atomically(names_.legend, legend_svg(classes_.names, classes_.palette, shares()));
  }
  if (geo_map_ != nullptr) {
    geo_map_->finish();
    if (::rename(geo_temporary_.c_str(), names_.geo_map.c_str()) != 0) {
      throw ResourceError("cannot replace " + names_.geo_map.string() + ": " + std::strerror(errno));
    }
    geo_temporary_.clear();
  }
  if (vector_ != nullptr) vector_->commit();
  if (probability_ != nullptr) probability_->commit();
  if (uncertainty_ != nullptr) uncertainty_->commit();
  // last: who waits for the map finds everything else there
  map_->commit();
}

std::vector<double> PictureOutputs::shares() const {
  int64_t total = 0;
  for (size_t i = 0; i < classes_.names.size(); ++i) total += areas_.pixels(i);
  std::vector<double> shares;
  for (size_t i = 0; i < classes_.names.size(); ++i) {
    shares.push_back(total > 0 ? static_cast<double>(areas_.pixels(i)) / static_cast<double>(total) : 0);
  }
  return shares;
}

std::optional<int64_t> PictureOutputs::num_regions() const {
  return vector_ == nullptr ? std::nullopt : std::optional<int64_t>(vector_->num_regions());
}

}  // namespace multipole
