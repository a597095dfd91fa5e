#include "engine/training/data_loading.h"

#include <array>
#include <cstdio>

#include "datasets/cached_dataset.h"

namespace multipole {

void ContentHash::add(const std::string& text) {
  for (const unsigned char byte : text) mix(byte);
  mix(0);
}

std::string ContentHash::hex() const {
  std::array<char, 17> text = {};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash_));
  return text.data();
}

std::shared_ptr<const Dataset> with_cache(std::shared_ptr<const Dataset> source, double gib) {
  const auto bytes = static_cast<int64_t>(gib * 1024 * 1024 * 1024);
  return bytes > 0 ? std::make_shared<CachedDataset>(std::move(source), bytes) : source;
}

}  // namespace multipole
