// CRC-32C (Castagnoli; RFC 3720, B.4), and the mask that TensorFlow's record files put on it.
#pragma once

#include <cstdint>
#include <string_view>

namespace multipole {

uint32_t crc32c(std::string_view bytes);

// Rotated and offset, so that the checksum of bytes that hold a checksum stays a good one.
// https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/lib/hash/crc32c.h
uint32_t masked_crc32c(std::string_view bytes);

}  // namespace multipole
