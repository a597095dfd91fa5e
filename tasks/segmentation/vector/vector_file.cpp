#include "tasks/segmentation/vector/vector_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "datasets/vector/geojson_writer.h"
#include "datasets/vector/geopackage_writer.h"

namespace multipole {

VectorFile::VectorFile(const std::filesystem::path& path, VectorFormat format, RegionLayer layer) : path_(path) {
  if (format == VectorFormat::kGeoJson) {
    text_.emplace(path);
    writer_ = std::make_unique<GeoJsonWriter>(std::move(layer), [this](std::string_view text) { text_->write(text); });
    return;
  }
  temporary_ = path;
  temporary_ += ".tmp." + std::to_string(::getpid());
  ::unlink(temporary_.c_str());
  try {
    writer_ = make_geopackage_writer(temporary_, std::move(layer));
  } catch (...) {
    ::unlink(temporary_.c_str());
    throw;
  }
}

VectorFile::~VectorFile() {
  writer_.reset();
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void VectorFile::commit() {
  writer_->finish();
  if (text_) {
    text_->commit();
    return;
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw ResourceError("cannot replace " + path_.string() + ": " + std::strerror(errno));
  }
  temporary_.clear();
}

}  // namespace multipole
