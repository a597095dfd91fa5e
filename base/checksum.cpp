#include "base/checksum.h"

// only the header is needed this way, and the calls are inlined
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstdio>

namespace multipole {

struct Checksum::State {
  XXH3_state_t xxh3;
};

uint64_t checksum(std::span<const uint8_t> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

uint64_t checksum(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

Checksum::Checksum() : state_(std::make_unique<State>()) {
  XXH3_INITSTATE(&state_->xxh3);
  XXH3_64bits_reset(&state_->xxh3);
}

Checksum::~Checksum() = default;

void Checksum::add(const void* data, size_t size) { XXH3_64bits_update(&state_->xxh3, data, size); }

uint64_t Checksum::value() const { return XXH3_64bits_digest(&state_->xxh3); }

std::string checksum_text(uint64_t value) {
  std::array<char, 17> text = {};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
  return text.data();
}

}  // namespace multipole
