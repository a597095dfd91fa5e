#include "tasks/classification/probe/feature_store.h"

#include <system_error>
#include <vector>

#include "base/error.h"
#include "engine/files/content_checksum.h"
#include "engine/files/safetensors.h"

namespace multipole {

FeatureStore::FeatureStore(const std::filesystem::path& folder, const std::string& fingerprint, int64_t dim)
    : path_(folder / (fingerprint + ".safetensors")), dim_(dim) {
  std::error_code code;
  if (!std::filesystem::exists(path_, code)) return;
  try {
    read();
  } catch (const ModelFileError& error) {
    vectors_.clear();
    damage_ = error.what();
  }
}

void FeatureStore::read() {
  const Safetensors content = read_safetensors(path_);
  verify_checksum(content, path_.string());
  const auto pictures = content.tensors.find("pictures"), vectors = content.tensors.find("vectors");
  if (pictures == content.tensors.end() || vectors == content.tensors.end() ||
      pictures->second.scalar_type() != torch::kLong || pictures->second.dim() != 1 ||
      vectors->second.scalar_type() != torch::kFloat ||
      vectors->second.sizes() != torch::IntArrayRef({pictures->second.size(0), dim_})) {
    throw ModelFileError(path_.string() + ": these are no features of " + std::to_string(dim_) + " numbers a picture");
  }
  const auto* keys = pictures->second.data_ptr<int64_t>();
  for (int64_t i = 0; i < pictures->second.size(0); ++i) vectors_[keys[i]] = vectors->second[i];
}

torch::Tensor FeatureStore::find(int64_t key) const {
  const auto found = vectors_.find(key);
  return found == vectors_.end() ? torch::Tensor() : found->second;
}

void FeatureStore::add(int64_t key, const torch::Tensor& vector) {
  vectors_[key] = vector.clone();
  has_changed_ = true;
}

void FeatureStore::save() {
  if (!has_changed_) return;
  std::error_code code;
  std::filesystem::create_directories(path_.parent_path(), code);
  if (code) throw ResourceError("cannot create " + path_.parent_path().string() + ": " + code.message());
  std::vector<int64_t> keys;
  std::vector<torch::Tensor> rows;
  for (const auto& [key, vector] : vectors_) {
    keys.push_back(key);
    rows.push_back(vector);
  }
  Safetensors content;
  content.tensors = {{"pictures", torch::tensor(keys, torch::kLong)}, {"vectors", torch::stack(rows).contiguous()}};
  add_checksum(content);
  write_safetensors(path_, content);
  has_changed_ = false;
}

}  // namespace multipole
