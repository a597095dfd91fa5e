// Features of pictures, kept in a file from one run to the next: a backbone that does not change need not look twice.
//
// A vector is found by picture_key(); the store's fingerprint, part of the name of its file, is feature_fingerprint().
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace multipole {

class FeatureStore {
 public:
  // Reads FOLDER/<fingerprint>.safetensors where it is there: "pictures" (N) int64 and "vectors" (N, dim) float32, with
  // a checksum. One that is damaged or has vectors of another length is taken as empty, and damage() says so.
  FeatureStore(const std::filesystem::path& folder, const std::string& fingerprint, int64_t dim);

  // (dim), or an undefined tensor where there is none.
  torch::Tensor find(int64_t key) const;
  void add(int64_t key, const torch::Tensor& vector);

  // Writes the file, whole or not at all, where anything was added. Throws ResourceError.
  void save();

  int64_t size() const { return static_cast<int64_t>(vectors_.size()); }
  const std::filesystem::path& path() const { return path_; }
  const std::string& damage() const { return damage_; }

 private:
  void read();

  std::filesystem::path path_;
  int64_t dim_;
  std::map<int64_t, torch::Tensor> vectors_;
  bool has_changed_ = false;
  std::string damage_;
};

}  // namespace multipole
