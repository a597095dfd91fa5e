// Bytes that somebody else owns.
#pragma once

#include <cstdint>
#include <span>

namespace multipole {

using ByteView = std::span<const uint8_t>;

}  // namespace multipole
