// Words of which the case does not count: extensions, names of columns and of splits. ASCII only; other bytes stay.
#pragma once

#include <algorithm>
#include <cctype>
#include <string>

namespace multipole {

inline std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(c < 128 ? std::tolower(c) : c); });
  return text;
}

}  // namespace multipole
