#include "tasks/segmentation/probe/map_store.h"

#include <system_error>

#include "base/checksum.h"
#include "base/error.h"
#include "engine/files/content_checksum.h"
#include "engine/files/safetensors.h"

namespace multipole {

MapStore::MapStore(const std::filesystem::path& folder, const std::string& fingerprint, int64_t num_channels)
    : folder_(folder / fingerprint), num_channels_(num_channels) {}

std::filesystem::path MapStore::path_of(int64_t key) const {
  return folder_ / (checksum_text(static_cast<uint64_t>(key)) + ".safetensors");
}

torch::Tensor MapStore::read(const std::filesystem::path& path) const {
  const Safetensors content = read_safetensors(path);
  verify_checksum(content, path.string());
  const auto map = content.tensors.find("map");
  if (map == content.tensors.end() || map->second.scalar_type() != torch::kFloat || map->second.dim() != 3 ||
      map->second.size(0) != num_channels_) {
    throw ModelFileError(path.string() + ": this is no map of " + std::to_string(num_channels_) + " channels");
  }
  return map->second;
}

torch::Tensor MapStore::find(int64_t key) {
  const auto path = path_of(key);
  std::error_code code;
  if (!std::filesystem::exists(path, code)) return {};
  try {
    return read(path);
  } catch (const ModelFileError& error) {
    damage_ = error.what();
    return {};
  }
}

void MapStore::add(int64_t key, const torch::Tensor& map) {
  std::error_code code;
  std::filesystem::create_directories(folder_, code);
  if (code) throw ResourceError("cannot create " + folder_.string() + ": " + code.message());
  Safetensors content;
  content.tensors = {{"map", map.contiguous()}};
  add_checksum(content);
  write_safetensors(path_of(key), content);
}

}  // namespace multipole
