// Reads the data of a view as its page does.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/support/temporary_folder.h"

namespace multipole::test {

inline std::string unpack_base64(const std::string& text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t word = 0;
  int bits = 0;
  for (const char letter : text) {
    if (letter == '=') break;
    word = word << 6 | static_cast<uint32_t>(kDigits.find(letter));
    if ((bits += 6) < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(word >> bits & 255);
  }
  return bytes;
}

inline std::string inflate(const std::string& packed) {
  std::string bytes(size_t{1} << 24, '\0');
  auto size = static_cast<uLongf>(bytes.size());
  EXPECT_EQ(::uncompress(reinterpret_cast<Bytef*>(bytes.data()), &size, reinterpret_cast<const Bytef*>(packed.data()),
                         packed.size()),
            Z_OK);
  bytes.resize(size);
  return bytes;
}

// All parts of FOLDER/NAME.js, a line each, joined.
inline std::string read_script(const std::filesystem::path& folder, const std::string& name) {
  std::istringstream script(read_text(folder / (name + ".js")));
  const std::string begin = "mapView.tile(\"" + name + "\",\"";
  std::string bytes;
  for (std::string line; std::getline(script, line);) {
    EXPECT_EQ(line.substr(0, begin.size()), begin);
    bytes += inflate(unpack_base64(line.substr(begin.size(), line.rfind('"') - begin.size())));
  }
  return bytes;
}

}  // namespace multipole::test
