#include "engine/files/content_checksum.h"

#include "base/checksum.h"
#include "base/error.h"

namespace multipole {
namespace {

constexpr const char* kKey = "multipole.checksum";
constexpr const char* kAlgorithm = "xxh3:";

// Lengths and ends are part of it, so that no two contents run into the same bytes.
void add_text(Checksum& checksum, const std::string& text) { checksum.add(text.data(), text.size() + 1); }

std::string checksum_of(const Safetensors& content) {
  Checksum checksum;
  for (const auto& [key, value] : content.metadata) {
    if (key == kKey) continue;
    add_text(checksum, key);
    add_text(checksum, value);
  }
  for (const auto& [name, tensor] : content.tensors) {
    add_text(checksum, name);
    add_text(checksum, torch::toString(tensor.scalar_type()));
    checksum.add(tensor.sizes().data(), tensor.sizes().size() * sizeof(int64_t));
    checksum.add(tensor.data_ptr(), tensor.nbytes());
  }
  return kAlgorithm + checksum_text(checksum.value());
}

}  // namespace

void add_checksum(Safetensors& content) { content.metadata[kKey] = checksum_of(content); }

void verify_checksum(const Safetensors& content, const std::string& source) {
  const auto stored = content.metadata.find(kKey);
  if (stored == content.metadata.end() || !stored->second.starts_with(kAlgorithm)) return;
  if (stored->second == checksum_of(content)) return;
  throw ModelFileError(source + ": the checksum does not match: the file is damaged, copy it again");
}

}  // namespace multipole
