// Maps of pictures, each in a file of its own from one run to the next: together they may be larger than the memory.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace multipole {

class MapStore {
 public:
  // FOLDER/<fingerprint>/<key>.safetensors, "map" (num_channels, h, w) float32 with a checksum. Keys are picture_key()s
  // and the fingerprint is feature_fingerprint().
  MapStore(const std::filesystem::path& folder, const std::string& fingerprint, int64_t num_channels);

  // (num_channels, h, w), or an undefined tensor where there is none. A file that is damaged or holds something else is
  // none, and damage() says what was wrong with the last one.
  torch::Tensor find(int64_t key);

  // Writes the file, whole or not at all. Throws ResourceError.
  void add(int64_t key, const torch::Tensor& map);

  const std::filesystem::path& path() const { return folder_; }
  const std::string& damage() const { return damage_; }

 private:
  std::filesystem::path path_of(int64_t key) const;
  torch::Tensor read(const std::filesystem::path& path) const;

  std::filesystem::path folder_;
  int64_t num_channels_;
  std::string damage_;
};

}  // namespace multipole
