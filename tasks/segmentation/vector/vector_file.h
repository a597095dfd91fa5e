// A file of regions in either format that appears whole or not at all.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "datasets/vector/region_writer.h"
#include "engine/files/atomic_file.h"
#include "tasks/segmentation/vector/vector_options.h"

namespace multipole {

class VectorFile {
 public:
  // Throws ResourceError or ConfigError where it cannot be written.
  VectorFile(const std::filesystem::path& path, VectorFormat format, RegionLayer layer);
  ~VectorFile();
  VectorFile(const VectorFile&) = delete;
  VectorFile& operator=(const VectorFile&) = delete;

  RegionWriter& writer() { return *writer_; }
  // Finishes it under its name.
  void commit();

 private:
  std::filesystem::path path_, temporary_;
  std::optional<AtomicFile> text_;  // GeoJSON; SQLite writes its file itself
  std::unique_ptr<RegionWriter> writer_;
};

}  // namespace multipole
