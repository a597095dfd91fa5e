#include "apps/arguments/byte_size.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace multipole {
namespace {

constexpr std::string_view kPrefixes = "KMGT";
constexpr double kLeastBare = 1 << 20;  // bytes; who writes a smaller number left the unit out
constexpr double kMostGiga = 64;        // and meant GiB below this, MiB from it on

// Bytes in the unit, or 0 for a word that is none.
double unit_bytes(std::string unit) {
  if (unit.empty() || unit == "B") return 1;
  unit[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(unit[0])));
  const auto power = kPrefixes.find(unit[0]);
  if (power == kPrefixes.npos) return 0;
  const std::string rest = unit.substr(1);
  if (rest.empty() || rest == "i" || rest == "iB") return std::pow(1024.0, static_cast<double>(power + 1));
  return rest == "B" ? std::pow(1000.0, static_cast<double>(power + 1)) : 0;
}

}  // namespace

int64_t parse_byte_size(const std::string& text, const std::string& where) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  const double bytes = code == std::errc() ? number * unit_bytes(std::string(stop, end)) : 0;
  if (!(bytes >= 1 && bytes < std::ldexp(1.0, 62))) {
    throw ConfigError(where + ": expected an amount of memory such as 2GiB or 500M, got '" + text + "'");
  }
  if (stop == end && bytes < kLeastBare) {
    throw ConfigError(where + " " + text + " has no unit and would be " + text + " bytes; did you mean " + text +
                      (number < kMostGiga ? "GiB?" : "MiB?"));
  }
  return static_cast<int64_t>(bytes);
}

std::string binary_byte_count(double bytes) {
  size_t unit = 0;
  for (; bytes >= 1024 && unit < kPrefixes.size(); ++unit) bytes /= 1024;
  if (unit == 0) return fixed(bytes, 0) + " B";
  return fixed(bytes, bytes < 10 ? 2 : bytes < 100 ? 1 : 0) + " " + kPrefixes[unit - 1] + "iB";
}

}  // namespace multipole
