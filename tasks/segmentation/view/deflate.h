// Bytes as zlib compresses them (RFC 1950): what browsers call "deflate".
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace multipole {

// Throws ConfigError in a build without codecs.
std::string deflate_bytes(std::span<const uint8_t> bytes);

}  // namespace multipole
