#include "datasets/vector/epsg_name.h"

#include <charconv>

namespace multipole {

int epsg_of_name(const std::string& name) {
  const std::string last = name.substr(name.find_last_of(":/") + 1);
  if (last == "CRS84" || last == "CRS84h") return 4326;
  if (name.find("EPSG") == name.npos && name.find("epsg") == name.npos) return 0;
  int code = 0;
  const auto [rest, failure] = std::from_chars(last.data(), last.data() + last.size(), code);
  return failure == std::errc() && rest == last.data() + last.size() && code > 0 ? code : 0;
}

}  // namespace multipole
