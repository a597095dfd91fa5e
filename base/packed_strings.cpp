#include "base/packed_strings.h"

#include <cstdint>
#include <cstring>

#include "base/error.h"

namespace multipole {

std::string pack_strings(const std::vector<std::string>& strings) {
  std::string packed;
  for (const auto& string : strings) {
    const uint64_t size = string.size();
    packed.append(reinterpret_cast<const char*>(&size), sizeof size);  // processes of one program have one byte order
    packed += string;
  }
  return packed;
}

std::vector<std::string> unpack_strings(std::string_view packed) {
  std::vector<std::string> strings;
  while (!packed.empty()) {
    uint64_t size = 0;
    if (packed.size() < sizeof size) throw Error("packed strings: the bytes end within a length");
    std::memcpy(&size, packed.data(), sizeof size);
    packed.remove_prefix(sizeof size);
    if (packed.size() < size) throw Error("packed strings: the bytes end within a string");
    strings.emplace_back(packed.substr(0, size));
    packed.remove_prefix(size);
  }
  return strings;
}

}  // namespace multipole
