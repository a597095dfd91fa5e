// Tiles, compressed and kept in a file without a name until all are there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace multipole {

class TileStore {
 public:
  // The file lies in `folder` and is gone with the process, however that ends. Throws ResourceError.
  TileStore(const std::filesystem::path& folder, size_t num_levels);
  ~TileStore();
  TileStore(const TileStore&) = delete;
  TileStore& operator=(const TileStore&) = delete;

  // Compressed by zlib (TIFF's Deflate). Throws ResourceError.
  void add(size_t level, const std::vector<uint8_t>& tile);

  size_t num_tiles(size_t level) const { return places_.at(level).size(); }
  // The bytes of a tile as they were added, compressed.
  std::vector<uint8_t> tile(size_t level, size_t number) const;
  int64_t total_bytes() const { return size_; }

 private:
  struct Place {
    int64_t offset = 0, size = 0;
  };

  std::filesystem::path folder_;
  int file_ = -1;
  int64_t size_ = 0;
  std::vector<std::vector<Place>> places_;  // by level
  std::vector<uint8_t> compressed_;
};

}  // namespace multipole
