// Amounts of memory as people write them.
#pragma once

#include <cstdint>
#include <string>

namespace multipole {

// "2GiB", "2G" and "2g" are 2 x 1024^3 bytes, "2GB" is 2 x 1000^3; K, M, G and T likewise, and fractions may be given
// ("1.5G"). A bare number is bytes, from 2^20 on: a smaller one lacks its unit ("700B" says it). Throws ConfigError
// naming `where`.
int64_t parse_byte_size(const std::string& text, const std::string& where);

// "1.37 GiB", "512 MiB": units of 1024.
std::string binary_byte_count(double bytes);

}  // namespace multipole
